"""The kernel language written as LLVM's: the only file that knows LLVM's syntax.

One instruction of `ir` becomes one or a few lines of text; loops become the guarded bottom-test form that LLVM's code
generator likes. No pass pipeline runs afterwards, so what is written here, vector by vector, is what the machine gets.
Called by the targets (`cpu.py`, `cuda.py`); knows no target, schedule or tensor.
"""

from __future__ import annotations

import struct

from ..ir import BITS, Block, Instr, Kernel, Value, is_float, is_signed

__all__ = ["module"]

_FLOATS = {"f16": "half", "f32": "float", "f64": "double"}
_SYMBOL = {"f16": "f16", "f32": "f32", "f64": "f64"}


def _type(type: str, lanes: int = 1) -> str:
    base = _FLOATS.get(type) or ("ptr" if type == "ptr" else f"i{BITS[type]}")
    return base if lanes == 1 else f"<{lanes} x {base}>"


def _suffix(type: str, lanes: int) -> str:
    """The part of an intrinsic's name that says its type."""
    base = _SYMBOL.get(type) or ("p0" if type == "ptr" else f"i{BITS[type]}")
    return base if lanes == 1 else f"v{lanes}{base}"


_FLOAT_BINARY = {"add": "fadd", "sub": "fsub", "mul": "fmul", "div": "fdiv", "rem": "frem"}
_INT_BINARY = {"add": "add", "sub": "sub", "mul": "mul", "and": "and", "or": "or", "xor": "xor", "shl": "shl"}
_FLOAT_COMPARE = {"eq": "oeq", "ne": "une", "lt": "olt", "le": "ole", "gt": "ogt", "ge": "oge"}
_INTRINSIC = {"sqrt": "sqrt", "floor": "floor", "ceil": "ceil", "rint": "rint", "trunc": "trunc",
              "ctlz": "ctlz", "cttz": "cttz", "ctpop": "ctpop"}


class _Writer:
    """Writes one kernel. `label` is the basic block that is open, which the phis of loops must name."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.allocas: list[str] = []
        self.declared: dict[str, str] = {}
        self.names = 0
        self.label = "entry"
        self.names_of: dict[int, str] = {}

    def fresh(self) -> str:
        self.names += 1
        return f"%t{self.names}"

    def put(self, line: str) -> None:
        self.lines.append("  " + line)

    def open(self, label: str) -> None:
        self.lines.append(label + ":")
        self.label = label

    def ref(self, value: Value) -> str:
        """How a value is written as an operand."""
        if value.const is None:
            return self.names_of.get(value.id) or f"%v{value.id}"
        const = value.const
        if is_float(value.type):
            if value.type == "f32":
                const = struct.unpack("f", struct.pack("f", const))[0] if abs(const) < 3.5e38 else const
            text = "0x" + struct.pack(">d", const).hex().upper()
            if value.type == "f16":
                text = "0xH" + struct.pack(">e", const).hex().upper()
        elif value.type == "i1":
            text = "true" if const else "false"
        else:
            text = str(const)
        if value.lanes > 1:
            return f"splat ({_type(value.type)} {text})"
        return text

    def typed(self, value: Value) -> str:
        return f"{_type(value.type, value.lanes)} {self.ref(value)}"

    def declare(self, name: str, result: str, *args: str) -> str:
        self.declared[name] = f"declare {result} @{name}({', '.join(args)})"
        return name

    def block(self, block: Block) -> None:
        for instr in block.instrs:
            getattr(self, "do_" + _METHOD.get(instr.op, instr.op))(instr)

    # ---- arithmetic ----

    def do_binary(self, i: Instr) -> None:
        a, b = i.args
        if is_float(a.type):
            op = _FLOAT_BINARY[i.op]
        elif i.op in ("div", "rem", "shr"):
            signed = is_signed(a.type)
            op = {"div": "sdiv" if signed else "udiv", "rem": "srem" if signed else "urem",
                  "shr": "ashr" if signed else "lshr"}[i.op]
        else:
            op = _INT_BINARY[i.op]
        self.put(f"{self.ref(i.result)} = {op} {self.typed(a)}, {self.ref(b)}")

    def do_compare(self, i: Instr) -> None:
        a, b = i.args
        if is_float(a.type):
            op = "fcmp " + _FLOAT_COMPARE[i.op]
        else:
            order = i.op if i.op in ("eq", "ne") else ("s" if is_signed(a.type) else "u") + i.op
            op = "icmp " + order
        self.put(f"{self.ref(i.result)} = {op} {self.typed(a)}, {self.ref(b)}")

    def do_neg(self, i: Instr) -> None:
        (a,) = i.args
        line = f"fneg {self.typed(a)}" if is_float(
            a.type) else f"sub {_type(a.type, a.lanes)} zeroinitializer, {self.ref(a)}" \
            if a.lanes > 1 else f"sub {_type(a.type)} 0, {self.ref(a)}"
        self.put(f"{self.ref(i.result)} = {line}")

    def do_not(self, i: Instr) -> None:
        (a,) = i.args
        ones = self.ref(Value(a.builder, -1, a.type, a.lanes, -1 if a.type != "i1" else 1))
        self.put(f"{self.ref(i.result)} = xor {self.typed(a)}, {ones}")

    def do_abs(self, i: Instr) -> None:
        (a,) = i.args
        shape = _type(a.type, a.lanes)
        if is_float(a.type):
            name = self.declare(f"llvm.fabs.{_suffix(a.type, a.lanes)}", shape, shape)
            self.put(f"{self.ref(i.result)} = call {shape} @{name}({self.typed(a)})")
        else:
            name = self.declare(f"llvm.abs.{_suffix(a.type, a.lanes)}", shape, shape, "i1")
            self.put(f"{self.ref(i.result)} = call {shape} @{name}({self.typed(a)}, i1 false)")

    def do_intrinsic(self, i: Instr) -> None:
        (a,) = i.args
        shape = _type(a.type, a.lanes)
        extra = i.op in ("ctlz", "cttz")
        name = self.declare(f"llvm.{_INTRINSIC[i.op]}.{_suffix(a.type, a.lanes)}", shape, shape, *["i1"] * extra)
        self.put(f"{self.ref(i.result)} = call {shape} @{name}({self.typed(a)}{', i1 false' if extra else ''})")

    def do_fma(self, i: Instr) -> None:
        a = i.args[0]
        shape = _type(a.type, a.lanes)
        name = self.declare(f"llvm.fma.{_suffix(a.type, a.lanes)}", shape, shape, shape, shape)
        self.put(f"{self.ref(i.result)} = call {shape} @{name}({', '.join(map(self.typed, i.args))})")

    def do_select(self, i: Instr) -> None:
        self.put(f"{self.ref(i.result)} = select {', '.join(map(self.typed, i.args))}")

    def do_convert(self, i: Instr) -> None:
        (a,), to = i.args, i.result.type
        if is_float(a.type) and is_float(to):
            op = "fpext" if BITS[to] > BITS[a.type] else "fptrunc"
        elif is_float(a.type):
            op = "fptosi" if is_signed(to) else "fptoui"
        elif is_float(to):
            op = "sitofp" if is_signed(a.type) else "uitofp"
        elif BITS[to] == BITS[a.type]:
            op = "bitcast"
        elif BITS[to] < BITS[a.type]:
            op = "trunc"
        else:
            op = "sext" if is_signed(a.type) else "zext"
        self.put(f"{self.ref(i.result)} = {op} {self.typed(a)} to {_type(to, a.lanes)}")

    def do_bitcast(self, i: Instr) -> None:
        (a,) = i.args
        self.put(f"{self.ref(i.result)} = bitcast {self.typed(a)} to {_type(i.result.type, i.result.lanes)}")

    # ---- lanes ----

    def do_splat(self, i: Instr) -> None:
        (a,), shape = i.args, _type(i.result.type, i.result.lanes)
        t = self.fresh()
        self.put(f"{t} = insertelement {shape} poison, {self.typed(a)}, i64 0")
        self.put(
            f"{self.ref(i.result)} = shufflevector {shape} {t}, {shape} poison, <{i.result.lanes} x i32> "
            "zeroinitializer")

    def do_iota(self, i: Instr) -> None:
        element = _type(i.result.type)
        if is_float(i.result.type):
            numbers = ", ".join(f"{element} {float(k)}" for k in range(i.result.lanes))
        else:
            numbers = ", ".join(f"{element} {k}" for k in range(i.result.lanes))
        shape = _type(i.result.type, i.result.lanes)
        self.put(f"{self.ref(i.result)} = select i1 true, {shape} <{numbers}>, {shape} zeroinitializer")

    def do_shuffle(self, i: Instr) -> None:
        shape = _type(i.args[0].type, i.args[0].lanes)
        second = self.typed(i.args[1]) if len(i.args) > 1 else f"{shape} poison"
        order = ", ".join("i32 poison" if k < 0 else f"i32 {k}" for k in i.attr)
        self.put(
            f"{self.ref(i.result)} = shufflevector {self.typed(i.args[0])}, {second}, <{len(i.attr)} x i32> <{order}>")

    def do_extract(self, i: Instr) -> None:
        self.put(f"{self.ref(i.result)} = extractelement {self.typed(i.args[0])}, i64 {i.attr}")

    def do_any(self, i: Instr) -> None:
        (a,) = i.args
        name = self.declare(f"llvm.vector.reduce.or.{_suffix(a.type, a.lanes)}", "i1", _type(a.type, a.lanes))
        self.put(f"{self.ref(i.result)} = call i1 @{name}({self.typed(a)})")

    # ---- memory ----

    def do_offset(self, i: Instr) -> None:
        pointer, bytes = i.args
        self.put(f"{self.ref(i.result)} = getelementptr i8, {self.typed(pointer)}, {self.typed(bytes)}")

    def do_address(self, i: Instr) -> None:
        self.put(f"{self.ref(i.result)} = ptrtoint {self.typed(i.args[0])} to i64")

    def do_load(self, i: Instr) -> None:
        shape, align = _type(i.result.type, i.result.lanes), max(1, BITS[i.attr] // 8)
        if len(i.args) == 1:
            self.put(f"{self.ref(i.result)} = load {shape}, {self.typed(i.args[0])}, align {align}")
            return
        pointer, mask = i.args
        name = self.declare(f"llvm.masked.load.{_suffix(i.result.type, i.result.lanes)}.p0", shape, "ptr",
                            _type("i1", i.result.lanes), shape)
        self.put(
            f"{self.ref(i.result)} = call {shape} @{name}(ptr align {align} {self.ref(pointer)}, {self.typed(mask)}, "
            f"{shape} zeroinitializer)")

    def do_store(self, i: Instr) -> None:
        pointer, value, *mask = i.args
        align = max(1, BITS[value.type] // 8)
        if mask:
            name = self.declare(
                f"llvm.masked.store.{_suffix(value.type, value.lanes)}.p0", "void", _type(value.type, value.lanes),
                "ptr", _type("i1", value.lanes)
            )
            self.put(
                f"call void @{name}({self.typed(value)}, ptr align {align} {self.ref(pointer)}, {self.typed(mask[0])})")
        elif i.attr == "stream":
            self.put(f"store {self.typed(value)}, {self.typed(pointer)}, align {align * value.lanes}, !nontemporal !0")
        else:
            self.put(f"store {self.typed(value)}, {self.typed(pointer)}, align {align}")

    def _addresses(self, pointer: Value, offsets: Value) -> str:
        t = self.fresh()
        self.put(f"{t} = getelementptr i8, {self.typed(pointer)}, {self.typed(offsets)}")
        return t

    def do_gather(self, i: Instr) -> None:
        pointer, offsets, *mask = i.args
        shape, align, lanes = _type(i.result.type, i.result.lanes), max(1, BITS[i.attr] // 8), i.result.lanes
        t = self._addresses(pointer, offsets)
        condition = self.typed(mask[0]) if mask else f"{_type('i1', lanes)} splat (i1 true)"
        name = self.declare(f"llvm.masked.gather.{_suffix(i.result.type, lanes)}.v{lanes}p0", shape, f"<{lanes} x ptr>",
                            _type("i1", lanes), shape)
        self.put(
            f"{self.ref(i.result)} = call {shape} @{name}(<{lanes} x ptr> align {align} {t}, {condition}, {shape} "
            "zeroinitializer)")

    def do_scatter(self, i: Instr) -> None:
        pointer, offsets, value, *mask = i.args
        lanes, align = value.lanes, max(1, BITS[value.type] // 8)
        t = self._addresses(pointer, offsets)
        condition = self.typed(mask[0]) if mask else f"{_type('i1', lanes)} splat (i1 true)"
        shape = _type(value.type, lanes)
        name = self.declare(f"llvm.masked.scatter.{_suffix(value.type, lanes)}.v{lanes}p0", "void", shape,
                            f"<{lanes} x ptr>", _type("i1", lanes))
        self.put(f"call void @{name}({self.typed(value)}, <{lanes} x ptr> align {align} {t}, {condition})")

    def do_alloca(self, i: Instr) -> None:
        bytes, align = i.attr
        self.allocas.append(f"  {self.ref(i.result)} = alloca [{bytes} x i8], align {align}")

    def do_prefetch(self, i: Instr) -> None:
        name = self.declare("llvm.prefetch.p0", "void", "ptr", "i32", "i32", "i32")
        self.put(f"call void @{name}({self.typed(i.args[0])}, i32 0, i32 3, i32 1)")

    def do_call(self, i: Instr) -> None:
        name = self.declare(i.attr, _type(i.result.type), *(_type(a.type) for a in i.args))
        self.put(f"{self.ref(i.result)} = call {_type(i.result.type)} @{name}({', '.join(map(self.typed, i.args))})")

    def do_calls(self, i: Instr) -> None:
        """A scalar function on vectors: taken apart and put together again."""
        element, shape, lanes = _type(i.result.type), _type(i.result.type, i.result.lanes), i.result.lanes
        name = self.declare(i.attr, element, *(_type(a.type) for a in i.args))
        whole = "poison"
        for lane in range(lanes):
            parts = []
            for a in i.args:
                t = self.fresh()
                self.put(f"{t} = extractelement {self.typed(a)}, i64 {lane}")
                parts.append(f"{_type(a.type)} {t}")
            t = self.fresh()
            self.put(f"{t} = call {element} @{name}({', '.join(parts)})")
            into = self.ref(i.result) if lane == lanes - 1 else self.fresh()
            self.put(f"{into} = insertelement {shape} {whole}, {element} {t}, i64 {lane}")
            whole = into

    # ---- control ----

    def do_for(self, i: Instr) -> None:
        """if (start < stop) do { body } while ((index += step) < stop)"""
        start, stop, step = map(self.ref, i.args)
        self.names += 1
        n = self.names
        before = self.label
        self.put(f"%guard{n} = icmp slt i64 {start}, {stop}")
        self.put(f"br i1 %guard{n}, label %body{n}, label %exit{n}")
        at = len(self.lines)
        self.open(f"body{n}")
        self.block(i.body)
        index = self.ref(i.result)
        self.put(f"%next{n} = add i64 {index}, {step}")
        self.put(f"%again{n} = icmp slt i64 %next{n}, {stop}")
        self.put(f"br i1 %again{n}, label %body{n}, label %exit{n}")
        last = self.label
        phis = [f"  {index} = phi i64 [ {start}, %{before} ], [ %next{n}, %{last} ]"]
        self.open(f"exit{n}")
        for (first, inside, after), result in zip(i.carried, i.results):
            shape = _type(first.type, first.lanes)
            phis.append(
                f"  {self.ref(inside)} = phi {shape} [ {self.ref(first)}, %{before} ], [ {self.ref(after)}, %{last} ]")
            self.put(
                f"{self.ref(result)} = phi {shape} [ {self.ref(first)}, %{before} ], [ {self.ref(after)}, %{last} ]")
        self.lines[at + 1:at + 1] = phis

    def do_if(self, i: Instr) -> None:
        self.names += 1
        n, before = self.names, self.label
        self.put(f"br i1 {self.ref(i.args[0])}, label %then{n}, label %join{n}")
        self.open(f"then{n}")
        self.block(i.body)
        self.put(f"br label %join{n}")
        last = self.label
        self.open(f"join{n}")
        for (otherwise, _, after), result in zip(i.carried, i.results):
            shape = _type(result.type, result.lanes)
            self.put(f"{self.ref(result)} = phi {shape} [ {self.ref(otherwise)}, %{before} ], "
                     f"[ {self.ref(after)}, %{last} ]")


_METHOD = ({op: "binary" for op in ("add", "sub", "mul", "div", "rem", "and", "or", "xor", "shl", "shr")}
           | {op: "compare" for op in _FLOAT_COMPARE} | {op: "intrinsic" for op in _INTRINSIC})


def module(kernel: Kernel, attributes: str = "nounwind") -> str:
    """LLVM text with a kernel as one function."""
    w, program = _Writer(), kernel.program()
    w.block(program.body)
    w.put("ret void")
    arguments = f"ptr noalias readonly %v{program.words.id}, i64 %v{program.begin.id}, i64 %v{program.end.id}"
    return "\n".join([f"define void @{kernel.name}({arguments}) #0 {{", "entry:", *w.allocas, *w.lines, "}", "",
                      *w.declared.values(), f"attributes #0 = {{ {attributes} }}", "!0 = !{i32 1}", ""])
