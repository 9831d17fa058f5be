// The gradient check in double.
#include "gradcheck_double.h"
