"""Operations that PyTorch lacks or has under another name, for ops.json; see make_golden.py.

All others are PyTorch's functions of the same name. Where one of those overflows, loses digits or
decides otherwise at a kink, the reference is put together from others; no derivative is written by
hand anywhere.
"""

import math

import torch
import torch.nn.functional as F

negate = torch.neg


def squeezed(x, axes):
    for axis in sorted((axis % x.dim() for axis in axes), reverse=True):
        x = x.squeeze(axis)
    return x


def product(x, axes, keep_dims):
    for axis in axes:
        x = x.prod(axis, keepdim=True)
    return x if keep_dims else squeezed(x, axes)


def norm(x, axes, keep_dims):
    """Of x divided by a power of two near its largest element: vector_norm(x) overflows."""
    if x.numel() == 0:
        return torch.linalg.vector_norm(x, dim=axes, keepdim=keep_dims)
    scale = 2.0 ** torch.frexp(x.detach().abs().amax(axes, keepdim=True)).exponent
    y = scale * torch.linalg.vector_norm(x / scale, dim=axes, keepdim=True)
    return y if keep_dims else squeezed(y, axes)


def hypot(a, b):
    """torch.hypot's derivative at 0 is NaN."""
    return norm(torch.stack(torch.broadcast_tensors(a, b)), (0,), False)


def expm1(x):
    """torch.expm1's derivative, y + 1, has no digits left far below 0."""
    return torch.where(x < -1, torch.exp(x) - 1, torch.expm1(x))


# of Stirling's series: B(2k)/(2k(2k - 1))
STIRLING = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156, -3617 / 122400)


def lgamma_far(x):
    """For x above 12."""
    series = sum(c / x ** (2 * i + 1) for i, c in enumerate(STIRLING))
    return (x - 0.5) * torch.log(x) - x + 0.5 * math.log(2 * math.pi) + series


def lgamma(x):
    """The second derivative of torch.lgamma has eight digits."""
    return lgamma_far(x + 14) - sum(torch.log(torch.abs(x + i)) for i in range(14))


def tgamma(x):
    return torch.exp(lgamma_far(x + 14)) / math.prod(x + i for i in range(14))


def polygamma(x, n):
    y = lgamma(x)
    for _ in range(n + 1):
        (y,) = torch.autograd.grad(y.sum(), x, create_graph=True)
    return y


def digamma(x):
    return polygamma(x, 0)


def cbrt(x):
    return torch.sign(x) * torch.abs(x) ** (1 / 3)


log_sigmoid = F.logsigmoid


def softplus(x):
    """F.softplus is x above 20, and torch.logaddexp has log(1 + e^-|x|)."""
    return -F.logsigmoid(-x)


def gelu(x):
    """F.gelu has 1 + erf, with no digits left far below 0."""
    return x * torch.erfc(x * -math.sqrt(0.5)) / 2


def gelu_tanh(x):
    """As (1 + tanh u)/2 = sigmoid(2u), for the same reason."""
    return x * torch.sigmoid(math.sqrt(8 / math.pi) * (x + 0.044715 * x**3))


def hard_tanh(x):
    """F.hardtanh's derivative is 0 at both ends."""
    return torch.clamp(x, -1, 1)


def hard_sigmoid(x):
    """F.hardsigmoid's derivative is 0 at both ends."""
    return torch.clamp(x / 6 + 0.5, 0, 1)


hard_swish = F.hardswish

max = torch.amax
min = torch.amin


def variance(x, axes, keep_dims, correction=1):
    return torch.var(x, axes, correction=correction, keepdim=keep_dims)


def standard_deviation(x, axes, keep_dims, correction=1):
    """The second derivative of torch.std is NaN at 0."""
    squared = variance(x, axes, keep_dims, correction)
    is_zero = squared == 0
    return torch.where(is_zero, 0.0, torch.sqrt(torch.where(is_zero, 1.0, squared)))


cumulative_sum = torch.cumsum


def transpose(x):
    return x.permute(tuple(range(x.dim()))[::-1])


def scatter_add(x, indices, size, axis):
    shape = list(x.shape)
    shape[axis] = size
    return torch.zeros(shape).index_add(axis, torch.tensor(indices, dtype=torch.int64), x)


def embed(x, axis, size, begin, step):
    return scatter_add(x, [begin + step * i for i in range(x.shape[axis])], size, axis)


def solve(a, b):
    """torch.linalg.solve's derivative fails for one unknown and a vector."""
    if b.dim() == 2:
        return torch.linalg.solve(a, b)
    return torch.linalg.solve(a, b.unsqueeze(1)).squeeze(1)


inverse = torch.linalg.inv
determinant = torch.linalg.det
cholesky = torch.linalg.cholesky


def log_determinant(x):
    return torch.linalg.slogdet(x).logabsdet


def trace(x):
    """torch.trace's derivative is wrong for a tall matrix."""
    return torch.diagonal(x).sum()


softmax_cross_entropy = F.cross_entropy


def negative_log_likelihood(
    log_p, labels, reduction="mean", label_smoothing=0.0, weight=None, ignore_index=-100
):
    """F.nll_loss has no smoothing."""
    classes = log_p.shape[1]
    weights = torch.ones(classes) if weight is None else weight
    log_p, labels = log_p[labels != ignore_index], labels[labels != ignore_index]
    at_label = F.nll_loss(log_p, labels, weights, reduction="sum")
    everywhere = -(log_p * weights).sum() / classes
    total = (1 - label_smoothing) * at_label + label_smoothing * everywhere
    return total / weights[labels].sum() if reduction == "mean" else total


def reduced_loss(losses, reduction):
    return losses.mean() if reduction == "mean" else losses.sum()


def binary_cross_entropy(logits, target, reduction="mean"):
    """Of two softplus: F.binary_cross_entropy_with_logits has log(1 + e^-|x|) and sigmoid(x) - z,
    with no digits left for a logit far out on its target's side."""
    losses = target * softplus(-logits) + (1 - target) * softplus(logits)
    return reduced_loss(losses, reduction)


squared_error = F.mse_loss
absolute_error = F.l1_loss
huber = F.huber_loss


def kl_divergence(log_prediction, target, reduction="mean"):
    """F.kl_div's "batchmean" for a target with any number of axes."""
    total = F.kl_div(log_prediction, target, reduction="sum")
    return total / math.prod(target.shape[:-1]) if reduction == "mean" else total


def hinge(prediction, target, reduction="mean"):
    return reduced_loss(torch.relu(1 - target * prediction), reduction)
