"""State dicts: what a module's `state_dict` holds and how `load_state_dict` puts it back. `State` is the part of
`Module` that does it.
"""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any, NamedTuple

from pellucid.autograd import no_grad
from pellucid.nn.modules.hooks import own_hooks
from pellucid.nn.parameter import Parameter
from pellucid.tensor import Tensor

_EXTRA_STATE = "_extra_state"


class _IncompatibleKeys(NamedTuple("IncompatibleKeys", [("missing_keys", list[str]), ("unexpected_keys", list[str])])):
    """What `load_state_dict` could not match."""

    __slots__ = ()

    def __repr__(self) -> str:
        return super().__repr__() if self.missing_keys or self.unexpected_keys else "<All keys matched successfully>"

    __str__ = __repr__


class State:
    """What a module knows of state dicts."""

    # ---- State dicts ----

    def get_extra_state(self) -> Any:
        """What a subclass wants in its state dict beside tensors; defined together with `set_extra_state`."""
        raise RuntimeError("Module.get_extra_state() is called only where a subclass defines it")

    def set_extra_state(self, state: Any) -> None:
        """Take what `get_extra_state` gave."""
        raise RuntimeError("Module.set_extra_state() is called only where a subclass defines it")

    def _persistent(self) -> Iterator[tuple[str, Tensor]]:
        """What goes into the state dict, of this module alone."""
        for name, value in chain(self._parameters.items(), self._buffers.items()):
            if value is not None and not (name in self._non_persistent_buffers_set and name in self._buffers):
                yield name, value

    def _save_to_state_dict(self, destination: dict[str, Any], prefix: str, keep_vars: bool) -> None:
        for name, value in self._persistent():
            destination[prefix + name] = value if keep_vars else value.detach()
        if type(self).get_extra_state is not State.get_extra_state:
            destination[prefix + _EXTRA_STATE] = self.get_extra_state()

    def state_dict(self, *args: Any, destination: Any = None, prefix: str = "",
                   keep_vars: bool = False) -> dict[str, Any]:
        """All parameters and persistent buffers by path, sharing memory with the module; detached unless `keep_vars`.
        """
        if args:
            warnings.warn("Positional args are being deprecated, use kwargs instead. Refer to "
                          "https://pytorch.org/docs/main/generated/torch.nn.Module.html#torch.nn.Module.state_dict for "
                          "details.", FutureWarning, stacklevel=2)
            destination, prefix, keep_vars = (*args, *(destination, prefix, keep_vars)[len(args):])
        if destination is None:
            destination = OrderedDict()
            destination._metadata = OrderedDict()
        local_metadata = {"version": self._version}
        if hasattr(destination, "_metadata"):
            destination._metadata[prefix[:-1]] = local_metadata
        for hook in own_hooks(self, "_state_dict_pre_hooks"):
            hook(self, prefix, keep_vars)
        self._save_to_state_dict(destination, prefix, keep_vars)
        for name, module in self._modules.items():
            if module is not None:
                module.state_dict(destination=destination, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
        for hook in own_hooks(self, "_state_dict_hooks"):
            result = hook(self, destination, prefix, local_metadata)
            if result is not None:
                if getattr(hook, "_from_public_api", False):
                    raise RuntimeError("state_dict post-hook must return None")
                destination = result
        return destination

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, local_metadata: dict[str, Any],
                              strict: bool, missing_keys: list[str],
                              unexpected_keys: list[str], error_msgs: list[str]) -> None:
        """Load what is under `prefix` into this module alone. Subclasses override it to read older versions of their
        keys.
        """
        for hook in own_hooks(self, "_load_state_dict_pre_hooks"):
            hook(state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)
        assign = local_metadata.get("assign_to_params_buffers", False)
        local = dict(self._persistent())
        for name, param in local.items():
            if (key := prefix + name) in state_dict:
                if (error := self._load_one(name, param, key, state_dict[key], assign)) is not None:
                    error_msgs.append(error)
            elif strict:
                missing_keys.append(key)
        extra = prefix + _EXTRA_STATE
        if type(self).set_extra_state is not State.set_extra_state:
            if extra in state_dict:
                self.set_extra_state(state_dict[extra])
            elif strict:
                missing_keys.append(extra)
        elif strict and extra in state_dict:
            unexpected_keys.append(extra)
        for key in state_dict if strict else ():
            if key.startswith(prefix) and key != extra:
                name, dot, _ = key[len(prefix):].partition(".")
                if name not in (self._modules if dot else local):
                    unexpected_keys.append(key)

    def _load_one(self, name: str, param: Tensor, key: str, value: Any, assign: bool) -> str | None:
        """Copy or assign `value` to `self.<name>`; the error message, if it cannot be."""
        if not tensor_like(value):
            return (f'While copying the parameter named "{key}", expected torch.Tensor or Tensor-like object from '
                    f'checkpoint but received {type(value)}')
        if not param.shape and tuple(value.shape) == (1,):              # PyTorch 0.3 had no 0-dimensional tensors
            value = value[0]
        if value.shape != param.shape:
            return (f"size mismatch for {key}: copying a param with shape {value.shape} from checkpoint, the shape in "
                    f"current model is {param.shape}.")
        if param.is_meta and not value.is_meta and not assign:
            warnings.warn(f"for {key}: copying from a non-meta parameter in the checkpoint to a meta parameter in the "
                          "current model, which is a no-op. (Did you mean to pass `assign=True` to assign items in the "
                          "state dictionary to their corresponding key in the module instead of copying them in "
                          "place?)", stacklevel=2)
        try:
            with no_grad():
                if not assign:
                    param.copy_(value)
                elif not isinstance(param, Parameter):
                    setattr(self, name, value)
                elif isinstance(value, Parameter):
                    setattr(self, name, value.requires_grad_(param.requires_grad))
                else:
                    setattr(self, name, Parameter(value, param.requires_grad))
        except Exception as error:
            return (f'While copying the parameter named "{key}", whose dimensions in the model are {param.size()} and '
                    f'whose dimensions in the checkpoint are {value.size()}, an exception occurred : {error.args}.')
        return None

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True,
                        assign: bool = False) -> _IncompatibleKeys:
        """Copy a state dict into the parameters and buffers, or `assign` its tensors to them.

        `strict` makes keys without a counterpart an error; otherwise they are only returned.
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"Expected state_dict to be dict-like, got {type(state_dict)}.")
        missing: list[str] = []
        unexpected: list[str] = []
        errors: list[str] = []
        metadata = getattr(state_dict, "_metadata", None)
        state_dict = OrderedDict(state_dict)
        if metadata is not None:
            state_dict._metadata = metadata

        def load(module: State, local: dict[str, Any], prefix: str) -> None:
            local_metadata = {} if metadata is None else metadata.get(prefix[:-1], {})
            if assign:
                local_metadata["assign_to_params_buffers"] = assign
            module._load_from_state_dict(local, prefix, local_metadata, True, missing, unexpected, errors)
            for name, child in module._modules.items():
                if child is not None:
                    below = f"{prefix}{name}."
                    load(child, {key: value for key, value in local.items() if key.startswith(below)}, below)
            incompatible = _IncompatibleKeys(missing, unexpected)
            for hook in own_hooks(module, "_load_state_dict_post_hooks"):
                if hook(module, incompatible) is not None:
                    raise AssertionError("Hooks registered with ``register_load_state_dict_post_hook`` are not "
                                         "expected to return new values, if incompatible_keys need to be modified, it "
                                         "should be done inplace.")

        load(self, state_dict, "")
        for text, keys in (("Unexpected", unexpected), ("Missing", missing)) if strict else ():
            if keys:
                errors.insert(0, "{} key(s) in state_dict: {}. ".format(text, ", ".join(f'"{key}"' for key in keys)))
        if errors:
            raise RuntimeError(
                "Error(s) in loading state_dict for {}:\n\t{}".format(type(self).__name__, "\n\t".join(errors)))
        return _IncompatibleKeys(missing, unexpected)


def tensor_like(value: object) -> bool:
    return isinstance(value, Tensor) or hasattr(type(value), "__torch_function__")
