"""What each operation is in PyTorch, for ops.json; see make_golden.py.

Where PyTorch's own function overflows, loses digits or decides otherwise at a kink, the reference
is put together from others of its functions; no derivative is written by hand anywhere.
"""

import math

import torch
import torch.nn.functional as F


def matmul(a, b, transpose_a=False, transpose_b=False):
    return (a.mT if transpose_a else a) @ (b.mT if transpose_b else b)


def squeezed(x, axes):
    for axis in sorted((axis % x.dim() for axis in axes), reverse=True):
        x = x.squeeze(axis)
    return x


def reduced(function):
    """Takes all axes if none are named."""

    def reduce(x, axes=(), keep_dims=False, **options):
        return function(x, tuple(axes) or tuple(range(x.dim())), keep_dims, **options)

    return reduce


def product(x, axes, keep_dims):
    for axis in axes:
        x = x.prod(axis, keepdim=True)
    return x if keep_dims else squeezed(x, axes)


def norm(x, axes, keep_dims):
    """Of x divided by a power of two near its largest element: vector_norm(x) overflows."""
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


def polygamma(x, n=0):
    y = lgamma(x)
    for _ in range(n + 1):
        (y,) = torch.autograd.grad(y.sum(), x, create_graph=True)
    return y


def softplus(x):
    """F.softplus is x above 20, and torch.logaddexp has log(1 + e^-|x|)."""
    return -F.logsigmoid(-x)


def gelu(x):
    """F.gelu has 1 + erf, with no digits left far below 0."""
    return x * torch.erfc(x * -math.sqrt(0.5)) / 2


def gelu_tanh(x):
    """As (1 + tanh u)/2 = sigmoid(2u), for the same reason."""
    return x * torch.sigmoid(math.sqrt(8 / math.pi) * (x + 0.044715 * x**3))


def variance(x, axes, keep_dims, correction=1):
    return torch.var(x, axes, correction=correction, keepdim=keep_dims)


def standard_deviation(x, axes, keep_dims, correction=1):
    return torch.std(x, axes, correction=correction, keepdim=keep_dims)


def cumulative_sum(x, axis=-1, reverse=False):
    return x.flip(axis).cumsum(axis).flip(axis) if reverse else x.cumsum(axis)


def scatter_add(x, indices, size, axis=0):
    shape = list(x.shape)
    shape[axis] = size
    return torch.zeros(shape).index_add(axis, torch.tensor(indices), x)


def embed(x, axis, size, begin, step=1):
    return scatter_add(x, [begin + step * i for i in range(x.shape[axis])], size, axis)


def where(a, b, condition):
    chosen = torch.tensor(condition["values"]).reshape(condition["shape"]) != 0
    return torch.where(chosen, a, b)


def solve(a, b):
    """torch.linalg.solve's derivative fails for one unknown and a vector."""
    if b.dim() == 2:
        return torch.linalg.solve(a, b)
    return torch.linalg.solve(a, b.unsqueeze(1)).squeeze(1)


def cross_entropy(
    logits, labels, reduction="mean", label_smoothing=0.0, class_weights=None, ignored=-100
):
    return F.cross_entropy(
        logits,
        torch.tensor(labels),
        weight=None if class_weights is None else torch.tensor(class_weights),
        ignore_index=ignored,
        reduction=reduction,
        label_smoothing=label_smoothing,
    )


def negative_log_likelihood(
    log_p, labels, reduction="mean", label_smoothing=0.0, class_weights=None, ignored=-100
):
    """F.nll_loss has no smoothing."""
    labels = torch.tensor(labels)
    classes = log_p.shape[1]
    weights = torch.ones(classes) if class_weights is None else torch.tensor(class_weights)
    log_p, labels = log_p[labels != ignored], labels[labels != ignored]
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


def kl_divergence(log_prediction, target, reduction="mean"):
    """F.kl_div's "batchmean" for a target with any number of axes."""
    total = F.kl_div(log_prediction, target, reduction="sum")
    return total * target.shape[-1] / target.numel() if reduction == "mean" else total


def hinge(prediction, target, reduction="mean"):
    return reduced_loss(torch.relu(1 - target * prediction), reduction)


OPERATIONS = {
    # arithmetic
    "add": torch.add,
    "subtract": torch.subtract,
    "multiply": torch.multiply,
    "divide": torch.divide,
    "pow": torch.pow,
    "hypot": hypot,
    "atan2": torch.atan2,
    "negate": torch.negative,
    # selection
    "maximum": torch.maximum,
    "minimum": torch.minimum,
    "clip": lambda x, low, high: torch.clamp(x, low, high),
    "where": where,
    # elementary functions
    "exp": torch.exp,
    "exp2": torch.exp2,
    "expm1": expm1,
    "log": torch.log,
    "log2": torch.log2,
    "log10": torch.log10,
    "log1p": torch.log1p,
    "sqrt": torch.sqrt,
    "cbrt": lambda x: torch.sign(x) * torch.abs(x) ** (1 / 3),
    "square": torch.square,
    "reciprocal": torch.reciprocal,
    "abs": torch.abs,
    "erf": torch.erf,
    "erfc": torch.erfc,
    "sign": torch.sign,
    "floor": torch.floor,
    "ceil": torch.ceil,
    "round": torch.round,
    "trunc": torch.trunc,
    # the gamma function
    "lgamma": lgamma,
    "tgamma": tgamma,
    "digamma": polygamma,
    "polygamma": polygamma,
    # trigonometric and hyperbolic functions
    "sin": torch.sin,
    "cos": torch.cos,
    "tan": torch.tan,
    "asin": torch.asin,
    "acos": torch.acos,
    "atan": torch.atan,
    "sinh": torch.sinh,
    "cosh": torch.cosh,
    "tanh": torch.tanh,
    "asinh": torch.asinh,
    "acosh": torch.acosh,
    "atanh": torch.atanh,
    # activations
    "sigmoid": torch.sigmoid,
    "log_sigmoid": F.logsigmoid,
    "softplus": softplus,
    "relu": torch.relu,
    "leaky_relu": lambda x, slope=0.01: F.leaky_relu(x, slope),
    "elu": F.elu,
    "selu": torch.selu,
    "gelu": gelu,
    "gelu_tanh": gelu_tanh,
    "silu": F.silu,
    "mish": F.mish,
    "softsign": F.softsign,
    # PyTorch's own have the derivative 0 at both ends
    "hard_tanh": lambda x: torch.clamp(x, -1, 1),
    "hard_sigmoid": lambda x: torch.clamp(x / 6 + 0.5, 0, 1),
    "hard_swish": F.hardswish,
    "maxout": lambda x, pieces: x.unflatten(-1, (-1, pieces)).amax(-1),
    "softmax": lambda x, axis=-1: torch.softmax(x, axis),
    "log_softmax": lambda x, axis=-1: torch.log_softmax(x, axis),
    # reductions
    "sum": reduced(torch.sum),
    "mean": reduced(torch.mean),
    "product": reduced(product),
    "max": reduced(torch.amax),
    "min": reduced(torch.amin),
    "variance": reduced(variance),
    "standard_deviation": reduced(standard_deviation),
    "norm": reduced(norm),
    "logsumexp": reduced(torch.logsumexp),
    "cumulative_sum": cumulative_sum,
    # shapes
    "reshape": torch.reshape,
    "transpose": lambda x, order=None: x.permute(order or tuple(range(x.dim()))[::-1]),
    "broadcast_to": lambda x, shape: torch.broadcast_to(x, shape),
    "sum_to": lambda x, shape: x.sum_to_size(shape),
    "flatten": torch.flatten,
    "squeeze": lambda x, axes=None: squeezed(x, axes) if axes else x.squeeze(),
    "expand_dims": lambda x, axis: x.unsqueeze(axis),
    # parts
    "concatenate": lambda *parts, axis=0: torch.cat(parts, axis),
    "stack": lambda *parts, axis=0: torch.stack(parts, axis),
    "slice": lambda x, axis, begin, end, step=1: x.index_select(
        axis, torch.arange(begin, end, step)
    ),
    "embed": embed,
    "take": lambda x, indices, axis=0: x.index_select(axis, torch.tensor(indices)),
    "scatter_add": scatter_add,
    "repeat": lambda x, count, axis=0: x.repeat_interleave(count, axis),
    # matrix products
    "matmul": matmul,
    "dot": torch.dot,
    "outer": torch.outer,
    "affine": F.linear,
    "affine_relu": lambda x, weight, bias: F.relu(F.linear(x, weight, bias)),
    # normalisation
    "batch_norm": lambda x, weight, bias, eps=1e-5: F.batch_norm(
        x, None, None, weight, bias, training=True, eps=eps
    ),
    # linear algebra
    "diagonal": torch.diagonal,
    "trace": lambda x: torch.diagonal(x).sum(),  # torch.trace's is wrong for a tall matrix
    "inverse": torch.linalg.inv,
    "solve": solve,
    "determinant": torch.linalg.det,
    "log_determinant": lambda x: torch.linalg.slogdet(x).logabsdet,
    "cholesky": torch.linalg.cholesky,
    # losses
    "softmax_cross_entropy": cross_entropy,
    "negative_log_likelihood": negative_log_likelihood,
    "binary_cross_entropy": binary_cross_entropy,
    "squared_error": F.mse_loss,
    "absolute_error": F.l1_loss,
    "huber": F.huber_loss,
    "kl_divergence": kl_divergence,
    "hinge": hinge,
}
