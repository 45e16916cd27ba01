"""NumPy's functions that have a rule, under the name fad.numpy too: the very same objects, and so of the same types.

A test sees that none is missing. `linalg` and `fft` are NumPy's own.
"""
# ruff: noqa: I001, SIM105  # one statement for all of them
# The types of an older NumPy lack some of them:
# mypy: disable-error-code=attr-defined

from numpy import linalg as linalg
from numpy import (
    abs as abs, absolute as absolute, acos as acos, acosh as acosh, add as add, all as all, allclose as allclose,
    amax as amax, amin as amin, angle as angle, any as any, append as append, apply_along_axis as apply_along_axis,
    apply_over_axes as apply_over_axes, arccos as arccos, arccosh as arccosh, arcsin as arcsin, arcsinh as arcsinh,
    arctan as arctan, arctan2 as arctan2, arctanh as arctanh, argmax as argmax, argmin as argmin,
    argpartition as argpartition, argsort as argsort, argwhere as argwhere, around as around,
    array2string as array2string, array_equal as array_equal, array_equiv as array_equiv, array_repr as array_repr,
    array_split as array_split, array_str as array_str, asin as asin, asinh as asinh, astype as astype, atan as atan,
    atan2 as atan2, atanh as atanh, atleast_1d as atleast_1d, atleast_2d as atleast_2d, atleast_3d as atleast_3d,
    average as average, bincount as bincount, bitwise_and as bitwise_and, bitwise_count as bitwise_count,
    bitwise_invert as bitwise_invert, bitwise_left_shift as bitwise_left_shift, bitwise_not as bitwise_not,
    bitwise_or as bitwise_or, bitwise_right_shift as bitwise_right_shift, bitwise_xor as bitwise_xor, block as block,
    broadcast_arrays as broadcast_arrays, broadcast_to as broadcast_to, can_cast as can_cast, cbrt as cbrt,
    ceil as ceil, choose as choose, clip as clip, column_stack as column_stack, common_type as common_type,
    compress as compress, concat as concat, concatenate as concatenate, conj as conj, conjugate as conjugate,
    convolve as convolve, copysign as copysign, copyto as copyto, corrcoef as corrcoef, correlate as correlate,
    cos as cos, cosh as cosh, count_nonzero as count_nonzero, cov as cov, cross as cross, cumprod as cumprod,
    cumsum as cumsum, deg2rad as deg2rad,
    degrees as degrees, delete as delete, diag as diag, diag_indices_from as diag_indices_from, diagflat as diagflat,
    diagonal as diagonal, diff as diff, digitize as digitize, divide as divide, divmod as divmod, dot as dot,
    dsplit as dsplit, dstack as dstack, ediff1d as ediff1d, einsum as einsum, einsum_path as einsum_path,
    equal as equal, exp as exp, exp2 as exp2, expand_dims as expand_dims, expm1 as expm1, extract as extract,
    fabs as fabs, fill_diagonal as fill_diagonal, fix as fix, flatnonzero as flatnonzero, flip as flip,
    fliplr as fliplr, flipud as flipud, float_power as float_power, floor as floor, floor_divide as floor_divide,
    fmax as fmax, fmin as fmin, fmod as fmod, frexp as frexp, gcd as gcd, gradient as gradient, greater as greater,
    greater_equal as greater_equal, heaviside as heaviside, hsplit as hsplit, hstack as hstack, hypot as hypot,
    i0 as i0, imag as imag, inner as inner, insert as insert, interp as interp, intersect1d as intersect1d,
    invert as invert, isclose as isclose, iscomplex as iscomplex, iscomplexobj as iscomplexobj, isfinite as isfinite,
    isin as isin, isinf as isinf, isnan as isnan, isneginf as isneginf, isposinf as isposinf, isreal as isreal,
    isrealobj as isrealobj, ix_ as ix_, kron as kron, lcm as lcm, ldexp as ldexp, left_shift as left_shift,
    less as less, less_equal as less_equal, lexsort as lexsort, log as log, log10 as log10, log1p as log1p,
    log2 as log2, logaddexp as logaddexp, logaddexp2 as logaddexp2, logical_and as logical_and,
    logical_not as logical_not, logical_or as logical_or, logical_xor as logical_xor, matmul as matmul,
    matrix_transpose as matrix_transpose, max as max, maximum as maximum, mean as mean, median as median,
    meshgrid as meshgrid, min as min, min_scalar_type as min_scalar_type, minimum as minimum, mod as mod,
    modf as modf, moveaxis as moveaxis, multiply as multiply, nan_to_num as nan_to_num, nanargmax as nanargmax,
    nanargmin as nanargmin, nancumprod as nancumprod, nancumsum as nancumsum, nanmax as nanmax, nanmean as nanmean,
    nanmedian as nanmedian, nanmin as nanmin, nanpercentile as nanpercentile, nanprod as nanprod,
    nanquantile as nanquantile, nanstd as nanstd, nansum as nansum, nanvar as nanvar, ndim as ndim,
    negative as negative, nonzero as nonzero, not_equal as not_equal, outer as outer, pad as pad,
    partition as partition, percentile as percentile, permute_dims as permute_dims, piecewise as piecewise,
    place as place, poly as poly, polyadd as polyadd, polyder as polyder, polydiv as polydiv, polyfit as polyfit,
    polyint as polyint, polymul as polymul, polysub as polysub, polyval as polyval, positive as positive, pow as pow,
    power as power, prod as prod, ptp as ptp, put as put, put_along_axis as put_along_axis, putmask as putmask,
    quantile as quantile, rad2deg as rad2deg, radians as radians, ravel as ravel,
    ravel_multi_index as ravel_multi_index, real as real, real_if_close as real_if_close, reciprocal as reciprocal,
    remainder as remainder, repeat as repeat, reshape as reshape, resize as resize, result_type as result_type,
    right_shift as right_shift, rint as rint, roll as roll, rollaxis as rollaxis, roots as roots, rot90 as rot90,
    round as round, searchsorted as searchsorted, select as select, setdiff1d as setdiff1d, setxor1d as setxor1d,
    shape as shape, sign as sign, signbit as signbit, sin as sin, sinc as sinc, sinh as sinh, size as size,
    sort as sort, sort_complex as sort_complex, split as split, sqrt as sqrt, square as square, squeeze as squeeze,
    stack as stack, std as std, subtract as subtract, sum as sum, swapaxes as swapaxes, take as take,
    take_along_axis as take_along_axis, tan as tan, tanh as tanh, tensordot as tensordot, tile as tile,
    trace as trace, transpose as transpose, trapezoid as trapezoid, tril as tril,
    tril_indices_from as tril_indices_from, trim_zeros as trim_zeros, triu as triu,
    triu_indices_from as triu_indices_from, true_divide as true_divide, trunc as trunc, union1d as union1d,
    unique as unique, unique_all as unique_all, unique_counts as unique_counts, unique_inverse as unique_inverse,
    unique_values as unique_values, unravel_index as unravel_index, unwrap as unwrap,
    vander as vander, var as var, vdot as vdot, vecdot as vecdot, vsplit as vsplit, vstack as vstack, where as where,
)
try:
    from numpy import cumulative_prod as cumulative_prod, cumulative_sum as cumulative_sum, unstack as unstack  # NumPy 2.1
except ImportError:
    pass
