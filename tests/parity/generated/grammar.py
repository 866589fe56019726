"""What a statement of a random program can be.

Tables of (weight, templates). A template is a line of Python with holes; one without an assignment whose value is wanted begins with "= ". Holes are
filled by write.py: an operand first (its facts decide about the rest), in the order in which they stand, unless named below as operands.

    {x}                 a tensor; {x_float} {x_int} {x_bool} {x_complex} {x_grad} {x_leaf} {x_mat} {x_vec} {x_4d} ... one of that kind
    {y} {z}             a tensor that broadcasts with x, mostly of x's type; {y_in}: one that broadcasts into x; {y_same}: of x's shape
    {s}                 a Python number        {ys} {ys_in}  a tensor or a number
    {dim} {dims}        a dimension of x, several        {i} {n}  an index into dimension dim, a length up to its size
    {bool} {dtype} {shape} {index} {mask} {long} ...      see write.py
"""

from __future__ import annotations

UNARY = """abs absolute acos acosh angle arccos arcsinh arctan asin asinh atan atanh ceil conj conj_physical cos cosh deg2rad erf erfc exp exp2 expm1 fix floor
    frac isfinite isinf isnan isneginf isposinf isreal log log10 log1p log2 logical_not logit nan_to_num neg negative positive rad2deg reciprocal relu round
    rsqrt selu celu sgn sigmoid sign signbit sin sinc sinh sqrt square tan tanh trunc bitwise_not clone detach""".split()
UNARY_IN_PLACE = """abs_ acos_ acosh_ arctan_ asin_ asinh_ atan_ atanh_ ceil_ conj_physical_ cos_ cosh_ deg2rad_ erf_ erfc_ exp_ exp2_ expm1_ fix_ floor_ frac_
    log_ log10_ log1p_ log2_ logical_not_ logit_ nan_to_num_ neg_ rad2deg_ reciprocal_ relu_ round_ rsqrt_ sgn_ sigmoid_ sign_ sin_ sinc_ sinh_ sqrt_ square_
    tan_ tanh_ trunc_ zero_ bitwise_not_ detach_""".split()
BINARY = """add sub mul div true_divide floor_divide remainder fmod pow maximum minimum fmax fmin atan2 arctan2 copysign hypot nextafter logaddexp logaddexp2
    heaviside xlogy float_power ldexp eq ne lt le gt ge greater less_equal not_equal logical_and logical_or logical_xor bitwise_and bitwise_or bitwise_xor
    bitwise_left_shift bitwise_right_shift subtract multiply divide rsub""".split()
BINARY_IN_PLACE = """add_ sub_ mul_ div_ floor_divide_ remainder_ fmod_ pow_ atan2_ copysign_ hypot_ nextafter_ heaviside_ xlogy_ float_power_ ldexp_ eq_ ne_ lt_ le_
    gt_ ge_ logical_and_ logical_or_ logical_xor_ bitwise_and_ bitwise_or_ bitwise_xor_ bitwise_left_shift_ bitwise_right_shift_ true_divide_ multiply_""".split()
SYMBOLS = "+ - * / // % ** == != < <= > >= & | ^".split()
REDUCTIONS = "sum prod mean amax amin all any nansum nanmean logsumexp std var count_nonzero max min argmax argmin norm".split()
SCANS = "cumsum cumprod cummax cummin logcumsumexp".split()
CASTS = "float double half bfloat16 int long short char byte bool cfloat cdouble".split()
F_UNARY = """relu relu6 elu selu celu gelu silu mish softplus softsign tanhshrink hardtanh hardswish hardsigmoid leaky_relu logsigmoid softshrink hardshrink
    sigmoid tanh""".split()
LOSSES = "mse_loss l1_loss smooth_l1_loss huber_loss soft_margin_loss kl_div poisson_nll_loss binary_cross_entropy_with_logits".split()
SPECIAL = "entr erf erfc exp2 expit expm1 log1p logit ndtr round sinc xlog1py xlogy".split()

# ---- each: a value from tensors

CREATE = (
    (10, ["{literal}"]),
    (2, ["torch.arange({count}).reshape({newshape})", "torch.arange({count}, dtype={dtype}).reshape({newshape})"]),
    (3, ["torch.ones({newshape})", "torch.zeros({newshape}, dtype={dtype})", "torch.full({newshape}, {s})", "torch.full({newshape}, {s}, dtype={dtype})",
         "torch.eye({size})", "torch.eye({size}, {size}, dtype={dtype})", "torch.linspace({s}, {s}, {size})", "torch.randn({newshape})",
         "torch.rand({newshape})", "torch.randint({small}, {newshape})", "torch.randperm({size})", "torch.empty({newshape}).fill_({s})",
         "torch.scalar_tensor({s})", "torch.tensor({s})", "torch.tensor({s}, dtype={dtype})", "torch.arange({s}, {s})", "torch.arange({s}, {s}, {s})",
         "torch.logspace({small}, {small}, {size})", "torch.tril_indices({size}, {size})"]),
    (1, ["torch.tensor([{s}, {s}])", "torch.tensor([[{s}], [{s}]])", "torch.tensor([[{s}, {s}]], dtype={dtype})", "torch.as_tensor([{s}, {s}])",
         "nn.Parameter({literal_float})", "torch.from_numpy(np.arange({count}.0).reshape({newshape}))", "torch.from_numpy(np.ones({newshape}, np.float32)).t()"]),
)

VIEWS = (
    (3, ["{x}[{index}]"] * 3 + ["{x}.t()", "{x}.T", "{x}.mT", "{x}.transpose({dim}, {dim})", "{x}.permute({order})", "{x}.unsqueeze({newdim})", "{x}.squeeze()",
         "{x}.squeeze({dim})", "{x}.expand({sizes})", "{x}.view({shape})", "{x}.reshape({shape})", "{x}.flatten()", "{x}.narrow({dim}, {i}, {n})",
         "{x}.select({dim}, {i})", "{x}.diagonal()", "{x}.unfold({dim}, {n}, {small})"]),
    (1, ["{x}.H", "{x}.mH", "{x}.adjoint()", "{x}.movedim({dim}, {dim})", "{x}.swapaxes({dim}, {dim})", "{x}.expand_as({y})", "{x}.view_as({y_same})",
         "{x}.reshape_as({y_same})", "{x}.flatten({dim}, {dim})", "{x}.unflatten({dim}, ({n}, -1))", "{x}.diagonal({small}, {dim}, {dim})", "{x}.ravel()",
         "{x}.view({dtype})", "{x}.real", "{x_complex}.real", "{x_complex}.imag", "torch.view_as_real({x_complex})", "torch.view_as_complex({x_float})",
         "{x}.view(-1)", "{x}.squeeze({dims})", "{x}.chunk({n}, {dim})", "{x}.split({n}, {dim})", "{x}.split_with_sizes([{n}, {n}], {dim})", "{x}.unbind({dim})",
         "{x}.tensor_split({n}, {dim})", "{x}.tensor_split([{i}, {i}], {dim})", "{x}.conj()", "{x}.data", "{x}.detach()", "torch.broadcast_to({x}, {sizes})",
         "torch.broadcast_tensors({x}, {y})", "torch.as_strided({x}, {newshape}, {strides})", "{x}.as_strided({newshape}, {strides}, {small})",
         "torch.atleast_2d({x})", "torch.atleast_1d({x})", "torch.swapdims({x}, {dim}, {dim})", "{x}.swapaxes({dim}, {dim})", "{x}.narrow({dim}, {long0}, {n})",
         "{x}.hsplit({n})", "{x}.vsplit({n})", "{x}.ndim", "{x}.is_contiguous()"]),
)

MAPS = (
    (12, ["{x}.%s()" % name for name in UNARY]),
    (6, ["torch.%s({x})" % name for name in UNARY]),
    (12, ["{x} %s {ys}" % symbol for symbol in SYMBOLS]),
    (6, ["{s} %s {x}" % symbol for symbol in SYMBOLS]),
    (8, ["torch.%s({x}, {ys})" % name for name in BINARY]),
    (8, ["{x}.%s({ys})" % name for name in BINARY]),
    (2, ["torch.%s({s}, {x})" % name for name in BINARY]),
    (2, ["-{x}", "+{x}", "~{x}", "abs({x})", "{x} @ {y}", "{x} << {small}", "{x} >> {small}", "{small} << {x_int}", "divmod({small}, 2)"]),
    (4, ["torch.where({mask}, {x}, {ys})", "torch.where({mask}, {s}, {x})", "torch.where({mask}, {s}, {s})", "{x}.where({mask}, {ys})", "torch.where({mask})",
         "{x}.clamp({s}, {s})", "{x}.clamp(min={s})", "{x}.clamp({y}, {z})", "{x}.clamp(max={y})", "torch.lerp({x}, {y}, {s})", "torch.lerp({x}, {y}, {z})",
         "torch.addcmul({x}, {y}, {z})", "torch.addcmul({x}, {y}, {z}, value={s})", "torch.addcdiv({x}, {y}, {z}, value={s})",
         "torch.add({x}, {ys}, alpha={s})", "torch.sub({x}, {ys}, alpha={s})", "torch.div({x}, {ys}, rounding_mode='floor')",
         "torch.div({x}, {ys}, rounding_mode='trunc')", "torch.isclose({x}, {y})", "torch.isclose({x}, {y}, equal_nan=True)", "{x}.nan_to_num({s}, {s}, {s})",
         "{x}.round(decimals={small})", "torch.threshold({x}, {s}, {s})", "torch.rsub({x}, {ys}, alpha={s})", "torch.dist({x}, {y})", "{x}.masked_fill({mask}, {s})",
         "{x}.masked_fill({mask}, {y})", "torch.complex({x_float}, {y_same})", "torch.polar({x_float}, {y_same})", "torch.nan_to_num({x}, nan={s})"]),
    (2, ["torch.special.%s({x})" % name for name in SPECIAL]),
)

CASTING = (
    (3, ["{x}.to({dtype})", "{x}.type({dtype})", "{x}.to({y})", "{x}.type_as({y})", "{x}.to({dtype}, copy=True)", "{x}.contiguous()", "{x}.clone()",
         "{x}.contiguous(memory_format=torch.channels_last)", "{x_4d}.to(memory_format=torch.channels_last)", "{x}.clone(memory_format=torch.contiguous_format)"]),
    (2, ["{x}.%s()" % name for name in CASTS]),
    (2, ["torch.zeros_like({x})", "torch.ones_like({x}, dtype={dtype})", "torch.full_like({x}, {s})", "{x}.new_zeros({newshape})", "{x}.new_ones({newshape}, dtype={dtype})",
         "{x}.new_full({newshape}, {s})", "{x}.new_tensor([{s}, {s}])", "torch.empty_like({x}).fill_({small})", "torch.rand_like({x})", "{x}.new_empty({newshape}).zero_()",
         "torch.tensor({x})", "torch.as_tensor({x}, dtype={dtype})", "copy.copy({x})", "copy.deepcopy({x})", "torch.result_type({x}, {ys})",
         "torch.promote_types({x}.dtype, {dtype})", "torch.can_cast({x}.dtype, {dtype})", "torch.zeros_like({x}, requires_grad={bool})",
         "torch.ones_like({x}, memory_format=torch.contiguous_format)"]),
)

REDUCE = (
    (4, ["{x}.%s()" % name for name in REDUCTIONS]),
    (4, ["{x}.%s({dim})" % name for name in REDUCTIONS]),
    (3, ["{x}.%s({dim}, keepdim={bool})" % name for name in REDUCTIONS]),
    (2, ["{x}.%s({dims}, keepdim={bool})" % name for name in ("sum", "mean", "amax", "amin", "std", "var", "nansum", "logsumexp", "any", "all")]),
    (2, ["{x}.sum({dim}, dtype={dtype})", "{x}.prod({dim}, dtype={dtype})", "{x}.mean(dtype={dtype})", "{x}.std({dim}, unbiased={bool})",
         "{x}.var({dims}, correction={small})", "torch.var_mean({x}, {dim})", "torch.std_mean({x})", "torch.aminmax({x})", "torch.aminmax({x}, dim={dim})",
         "{x}.norm({s}, {dim})", "torch.linalg.vector_norm({x}, {s})", "torch.linalg.vector_norm({x}, {s}, {dim}, keepdim={bool})", "{x}.trace()",
         "torch.equal({x}, {y})", "torch.allclose({x}, {y})", "{x}.max({y})", "{x}.histc({small})", "torch.bincount({x_int})", "{x}.sum_to_size({sizes})",
         "torch.sum({x}, dim={dims}, keepdim={bool}, dtype={dtype})", "torch.cov({x_mat})", "{x}.item()", "float({x})", "int({x})", "bool({x})", "len({x})", "{x}.tolist()",
         "{x}.argmax({dim}, {bool})", "{x}.nonzero()", "torch.nonzero({x}, as_tuple=True)", "torch.argwhere({x})"]),
    (3, ["{x}.%s({dim})" % name for name in SCANS]),
    (1, ["{x}.cumsum({dim}, dtype={dtype})", "torch.cumprod({x}, {dim}, dtype={dtype})", "torch.diff({x}, dim={dim})", "torch.diff({x}, n={small})",
         "torch.trapezoid({x}, dim={dim})"]),
    (2, ["{x_float}.softmax({dim})", "{x}.log_softmax({dim})", "F.softmax({x}, {dim}, dtype={dtype})", "F.softmin({x_float}, {dim})", "F.normalize({x_float}, dim={dim})",
         "F.layer_norm({x_float}, {x_float}.shape[-1:])", "torch.renorm({x_float}, {small}, {dim}, {small})", "F.glu({x_float}, {dim})"]),
)

PLACES = (
    (6, ["{x}[{index}]"]),
    (3, ["{x}[{mask}]", "torch.masked_select({x}, {mask})", "torch.index_select({x}, {dim}, {long})", "torch.gather({x}, {dim}, {long_same})", "{x}.take({long_any})",
         "torch.take_along_dim({x}, {long_same}, {dim})", "{x}.index_add({dim}, {long_once}, {source})", "{x}.index_copy({dim}, {long_once}, {source})",
         "{x}.index_fill({dim}, {long}, {s})", "{x}.scatter({dim}, {long_same_once}, {s})", "{x}.scatter_add({dim}, {long_same}, {y_same})",
         "{x}.masked_scatter({mask}, {y_any})", "{x}.index_put(({long0},), {s})", "F.embedding({long_any0}, {x_mat})", "F.one_hot({x_int})", "{x}.roll({small}, {dim})",
         "{x}.flip({dims})", "{x}.flip({dim})", "{x}.rot90()", "torch.tril({x}, {small})", "torch.triu({x})", "torch.diag({x})", "torch.diag_embed({x})", "{x}.repeat({repeats})",
         "{x}.tile({repeats})", "{x}.repeat_interleave({small}, {dim})", "torch.select_scatter({x}, {s_tensor}, {dim}, {i})",
         "torch.slice_scatter({x}, {y_same}, {dim})", "torch.diagonal_scatter({x}, {s_tensor})", "F.pad({x}, ({small}, {small}))", "F.pad({x}, ({small}, {small}), value={s})"]),
    (3, ["torch.cat([{x}, {y_cat}], {dim})", "torch.cat([{x}, {x}])", "torch.stack([{x}, {y_same}], {newdim})", "torch.stack([{x}, {x}])", "torch.cat([{x}])",
         "torch.hstack([{x}, {y_same}])", "torch.vstack([{x}, {y_same}])", "torch.dstack([{x}, {y_same}])", "torch.column_stack([{x}, {y_same}])",
         "torch.block_diag({x}, {y})", "torch.meshgrid({x_vec}, {x_vec}, indexing='ij')", "torch.cartesian_prod({x_vec}, {x_vec})", "torch.concat([{x}, {y_same}], {dim})"]),
)

MATRICES = (
    (2, ["{x} @ {y_mm}", "torch.mm({x_mat}, {y_mm})", "torch.matmul({x}, {y_mm})", "{x_mat}.mv({y_mv})", "torch.dot({x_vec}, {y_same})", "torch.outer({x_vec}, {x_vec})",
         "torch.addmm({s_tensor}, {x_mat}, {y_mm})", "torch.addmm({s_tensor}, {x_mat}, {y_mm}, beta={s}, alpha={s})", "torch.einsum('ij->ji', {x_mat})",
         "torch.einsum('ij,ij->i', {x_mat}, {y_same})", "torch.tensordot({x}, {y_same}, {small})", "torch.inner({x}, {y_same})", "torch.kron({x}, {y})",
         "torch.linalg.vecdot({x}, {y_same})", "torch.vdot({x_vec}, {y_same})", "F.linear({x}, {y_same})", "F.cosine_similarity({x}, {y}, dim={dim})",
         "torch.cross({x}, {y_same})", "torch.bmm({x_3d}, {y_same}.mT)", "torch.baddbmm({s_tensor}, {x_3d}, {y_same}.mT)", "torch.addr({s_tensor}, {x_vec}, {x_vec})",
         "torch.addmv({s_tensor}, {x_mat}, {y_mv})"]),
)

NETS = (
    (3, ["F.%s({x})" % name for name in F_UNARY]),
    (2, ["F.%s({x}, {y_same})" % name for name in LOSSES]),
    (2, ["F.%s({x}, {y_same}, reduction={reduction})" % name for name in LOSSES]),
    (2, ["F.cross_entropy({x_mat}, {long_rows})", "F.nll_loss({x_mat}, {long_rows}, reduction={reduction})", "F.cross_entropy({x}, {y_same})", "F.leaky_relu({x}, {s})",
         "F.elu({x}, {s})", "F.gelu({x}, approximate='tanh')", "F.softplus({x}, {s}, {s})", "F.hardtanh({x}, {s}, {s})", "F.prelu({x}, {s_tensor})",
         "F.dropout({x}, {s}, training={bool})", "F.avg_pool2d({x_4d}, 2)", "F.max_pool2d({x_4d}, {small})", "F.max_pool1d({x_3d}, {small}, stride=1)",
         "F.avg_pool1d({x_3d}, {small})", "F.adaptive_avg_pool2d({x_4d}, {small})", "F.conv2d({x_4d}, {x_4d})", "F.conv1d({x_3d}, {x_3d}, padding={small})",
         "F.batch_norm({x_float}, None, None, training=True)", "F.group_norm({x_float}, {small})", "F.rms_norm({x_float}, {x_float}.shape[-1:])",
         "F.pixel_shuffle({x_4d}, {small})", "F.linear({x}, {y_same}, {s_tensor})", "F.pairwise_distance({x}, {y})"]),
    (2, ["nn.Linear({lastsize}, {size})({x})", "nn.Linear({size}, {size}, bias={bool})", "nn.ReLU()({x})", "nn.LayerNorm({lastsize})({x_float})", "nn.BatchNorm1d({size})({x})",
         "nn.Conv2d({size}, {size}, {small})({x_4d})", "nn.Embedding({size}, {size})({x_int})", "nn.Flatten()({x})", "nn.Softmax({dim})({x})", "nn.MSELoss()({x}, {y_same})",
         "nn.Sequential(nn.Linear({lastsize}, {size}), nn.Tanh())({x})"]),
)

OUT = (
    (3, ["torch.%s({x}{out})" % name for name in UNARY if name not in ("positive", "isfinite", "isinf", "isnan", "isreal", "conj", "clone", "detach", "relu", "selu", "celu")]),
    (4, ["torch.%s({x}, {ys}{out})" % name for name in BINARY if name != "rsub"]),
    (3, ["torch.%s({x}, {dim}{out})" % name for name in ("sum", "prod", "mean", "amax", "amin", "all", "any", "nansum", "cumsum", "cumprod", "argmax", "argmin",
                                                        "logsumexp", "std", "var", "logcumsumexp", "norm")]),
    (2, ["torch.cat([{x}, {y_cat}], {dim}{out})", "torch.stack([{x}, {y_same}]{out})", "torch.mm({x_mat}, {y_mm}{out})", "torch.matmul({x}, {y_mm}{out})",
         "torch.where({mask}, {x}, {y}{out})", "torch.clamp({x}, {s}, {s}{out})", "torch.lerp({x}, {y}, {s}{out})", "torch.addcmul({x}, {y}, {z}{out})",
         "torch.index_select({x}, {dim}, {long}{out})", "torch.gather({x}, {dim}, {long_same}{out})", "torch.masked_select({x}, {mask}{out})", "torch.nonzero({x}{out})",
         "torch.zeros({newshape}{out})", "torch.ones({newshape}{out})", "torch.full({newshape}, {s}{out})", "torch.arange({size}{out})", "torch.linspace({s}, {s}, {size}{out})",
         "torch.tril({x}{out})", "torch.triu({x}, {small}{out})", "torch.eye({size}{out})", "torch.diag({x}{out})", "torch.dot({x_vec}, {y_same}{out})",
         "torch.addmm({s_tensor}, {x_mat}, {y_mm}{out})", "torch.take({x}, {long_any}{out})", "torch.bmm({x_3d}, {y_same}.mT{out})",
         "torch.index_add({x}, {dim}, {long_once}, {source}{out})", "torch.scatter_add({x}, {dim}, {long_same}, {y_same}{out})", "torch.renorm({x_float}, 2, {dim}, 1{out})",
         "torch.hstack([{x}, {y_same}]{out})", "torch.outer({x_vec}, {x_vec}{out})", "torch.addcdiv({x}, {y}, {z}{out})", "torch.sum({x}, {dims}, dtype={dtype}{out})"]),
)

# ---- statements: changes in place, autograd, state

CHANGES = (
    (6, ["{x}.%s()" % name for name in UNARY_IN_PLACE]),
    (6, ["{x}.%s({ys_in})" % name for name in BINARY_IN_PLACE]),
    (6, ["{v} %s= {ys_in}" % symbol for symbol in ("+", "-", "*", "/", "//", "%", "**", "&", "|", "^")]),
    (12, ["{x}[{index}] = {value}"]),
    (4, ["{x}[{mask}] = {s}", "{x}[{mask}] = {y_any}", "{x}[{index}] += {s}", "{x}[{index}] *= {ys}", "{x}[...] = {y_in}", "{x}[:] = {s}", "{x}.data[{index}] = {s}"]),
    (6, ["{x}.copy_({y_in})", "{x}.fill_({s})", "{x}.fill_({s_tensor})", "{x}.zero_()", "{x}.masked_fill_({mask}, {s})", "{x}.masked_fill_({mask}, {s_tensor})",
         "{x}.masked_scatter_({mask}, {y_any})", "{x}.index_fill_({dim}, {long}, {s})", "{x}.index_add_({dim}, {long_once}, {source})",
         "{x}.index_copy_({dim}, {long_once}, {source})", "{x}.index_put_(({long0},), {s_tensor})", "{x}.index_put_(({long0},), {s_tensor}, accumulate=True)",
         "{x}.scatter_({dim}, {long_same_once}, {s})", "{x}.scatter_({dim}, {long_same_once}, {y_same})", "{x}.scatter_add_({dim}, {long_same}, {y_same})",
         "{x}.add_({ys_in}, alpha={s})", "{x}.addcmul_({y_in}, {y_in}, value={s})", "{x}.addcdiv_({y_in}, {y_in})", "{x}.clamp_({s}, {s})", "{x}.clamp_(min={s})",
         "{x}.lerp_({y_in}, {s})", "{x}.cumsum_({dim})", "{x}.cumprod_({dim})", "{x}.tril_()", "{x}.triu_({small})", "{x}.div_({ys_in}, rounding_mode='floor')",
         "{x}.put_({long_any}, {y_any})", "{x}.renorm_(2, {dim}, 1)", "{x_mat}.addmm_({y_same}, {y_mm})", "F.relu({x}, inplace=True)", "F.elu({x}, inplace=True)",
         "F.leaky_relu({x}, inplace=True)", "{x}.random_({small})", "{x}.uniform_()", "{x}.normal_()", "{x}.bernoulli_()", "torch.relu_({x})", "{x}.fill_diagonal_({s})"]),
    (4, ["{x}.t_()", "{x}.transpose_({dim}, {dim})", "{x}.unsqueeze_({newdim})", "{x}.squeeze_()", "{x}.squeeze_({dim})", "{x}.resize_({newshape})", "{x}.resize_as_({y})",
         "{x}.as_strided_({newshape}, {strides})", "{x}.set_({y})", "{x}.swapaxes_({dim}, {dim})", "{x}.data = {y}", "{x}.detach_()"]),
)

AUTOGRAD = (
    (5, ["{x_grad}.sum().backward()", "{x_grad}.backward({cotangent})", "({x_grad} * {x_grad}).sum().backward()", "{x_grad}.mean().backward(retain_graph=True)",
         "{x_grad}.backward({cotangent}, retain_graph=True)", "{x_grad}.backward()", "{x_grad}.backward({cotangent}, create_graph=True)",
         "{x_grad}.sum().backward(inputs=[{x_leaf}])", "{x_grad}.pow(2).sum().backward(create_graph=True)", "({x_grad} * {y}).sum().backward(retain_graph=True)",
         "({x_grad}.exp() * {y}).sum().backward()", "{x_complex}.abs().sum().backward()", "{x_grad}.abs().sum().backward()", "torch.autograd.backward([{x_grad}], [{cotangent}])",
         "torch.view_as_real({x_complex}).sum().backward()"]),
    (4, ["= torch.autograd.grad({x_grad}, {x_leaf}, {cotangent}, allow_unused=True, retain_graph=True)",
         "= torch.autograd.grad({x_grad}, {x_leaf}, {cotangent}, create_graph=True, allow_unused=True)",
         "= torch.autograd.grad({x_grad}.sum(), [{x_leaf}, {x_leaf}], create_graph=True, allow_unused=True)", "= torch.autograd.grad({x_grad}.sum(), {x_leaf})",
         "= torch.autograd.grad({x_grad}.pow(2).sum(), {x_grad}, create_graph=True, allow_unused=True)", "= torch.autograd.grad({x_grad}, {x_leaf}, {cotangent}, allow_unused=True)",
         "= torch.autograd.grad(({x_grad} * {y}).sum(), {x_leaf}, create_graph=True, allow_unused=True, materialize_grads=True)",
         "= torch.autograd.grad({x_grad}, {x_leaf}, {cotangent}, is_grads_batched=False, allow_unused=True)"]),
    (3, ["= {x_grad}.register_hook(lambda g: g * 2)", "= {x_grad}.register_hook(seen.append)", "= {x_grad}.register_hook(lambda g: seen.append(g.clone()))",
         "= {x_leaf}.register_post_accumulate_grad_hook(lambda p: seen.append(p.grad.clone()))", "{x_grad}.retain_grad()", "= {x_grad}.grad_fn.register_hook(lambda gi, go: seen.append(gi))",
         "= {x_grad}.grad_fn.register_prehook(lambda go: seen.append(go))", "= {x_grad}.register_hook(lambda g: g.t())", "= {x_grad}.register_hook(lambda g: g.double())",
         "= {x_grad}.register_hook(lambda g: g + {y})", "{x_grad}.grad.zero_()", "{x_grad}.grad = None", "{x_grad}.grad = {y_same}", "{x}.requires_grad_()", "{x}.requires_grad_({bool})",
         "{x}.requires_grad = {bool}", "= {x_grad}.grad", "= {x_grad}.grad_fn.next_functions", "= {x_grad}.grad_fn.metadata"]),
    (3, ["with torch.no_grad(): {x}.mul_({s})", "with torch.no_grad(): {x}.copy_({y_in})", "with torch.no_grad(): {x}[{index}] = {s}", "with torch.no_grad(): {new} = {x} * {ys}",
         "with torch.no_grad(): {new} = {x}.view(-1)", "with torch.no_grad(): {new} = {x}[{index}]", "with torch.enable_grad(): {new} = {x}.exp()",
         "with torch.inference_mode(): {new} = {x} + {ys}", "with torch.inference_mode(): {new} = {x}[{index}]", "with torch.no_grad(): {x} += {x_leaf}",
         "with torch.no_grad(): {x_leaf}.sub_({y_in}, alpha={s})"]),
    (1, ["torch.set_grad_enabled({bool})", "torch.set_default_dtype(torch.float64)", "torch.set_default_dtype(torch.float16)", "torch.set_default_dtype(torch.bfloat16)",
         "torch.set_default_dtype(torch.float32)", "torch.manual_seed({small})"]),
    (2, ["= {x}.storage_offset()", "= {x}.stride()", "= {x}.size()", "= {x}.is_contiguous()", "= {x_4d}.is_contiguous(memory_format=torch.channels_last)", "= {x}._version",
         "= {x}.is_leaf", "= {x}._is_view()", "= {x}._base", "= {x}.dim_order()", "= {x}.numpy()", "= {x}.detach().numpy()", "= str({x})", "= repr({x})", "= {x}.is_set_to({y})",
         "= {x}.element_size()", "= {x}.is_same_size({y})", "= hash({x}) == hash({x})", "= {x}.is_nonzero()", "= {x} in {y}", "= list({x})", "= {s} in {x}", "= {x}.__contains__({s})",
         "= format({x})", "= {x}.dim_order()", "= reversed({x})"]),
)

VALUES = ((9, CREATE), (16, VIEWS), (26, MAPS), (6, CASTING), (14, REDUCE), (9, PLACES), (4, MATRICES), (6, NETS), (6, OUT))
STATEMENTS = ((20, CHANGES), (20, AUTOGRAD))
