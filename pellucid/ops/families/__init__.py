"""The families of operators: what each supplies, so that a declaration says only what is special.

A declaration is a function whose signature is the public signature and whose docstring is the documentation:

    @pointwise(promotes=INT_TO_FLOAT)          maps         one scalar body -> a map kernel for every type, layout and
                                               broadcast
    @reduction(rule)                           reductions   a Reduction for each accumulating type -> kernels over any
                                               dimensions
    row_op(body)                               rows         a row program
    @structured                                composites   the function itself plans: shapes and launches, given Metas
    @composite                                 composites   plain Python over other operators

and then, if it has one, its derivative: `@tanh.derivative`. The planners here run once for each new combination of
metas and number types; `core/op.py` keeps what they return. Called by the declarations in this package only.
"""
