"""A copy of a network for inference only: batch norms folded, layers in the form that a CPU runs fastest.

Folding multiplies a batch norm's scale into the convolution before it, so one pass over the image does
both. On CPUs with oneDNN (x86 builds of PyTorch) three further replacements bring the network to the speed
of a matrix product:

* a convolution and its ReLU become one call with weights packed once, not at every batch;
* a 2x2 transposed convolution with stride 2 becomes a 1x1 convolution to four times the channels, one per
  sub-pixel;
* a 3x3 convolution to a single channel after such a doubling takes the sub-pixels unsorted and becomes sixteen
  products for each four of them, added up at their places: as a convolution it leaves 15 of 16 vector lanes idle.

The results differ from the original network's by float32 rounding only. The fused call is an operator that
PyTorch's own compiler uses and does not promise to users, so it is tried out before it is used and left
away where it fails.
"""

from __future__ import annotations

import copy
import itertools

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from .network import Santini2018

_PACKINGS_KEPT = 4  # sizes of batches that one run meets: two


def folded(network: nn.Module, for_cpu: bool) -> nn.Module:
    """A copy in evaluation mode, channels-last, without batch norms; ``network`` is not changed.

    Args:
        network: Any network; only convolutions that stand in an ``nn.Sequential`` before their batch norm
            are folded.
        for_cpu: Also replace layers by their CPU forms, where this PyTorch has them. Such a copy stays on
            the CPU.
    """
    result = copy.deepcopy(network).cpu().float().eval().requires_grad_(False)
    for sequential in [m for m in result.modules() if isinstance(m, nn.Sequential)]:
        _fold_batch_norms(sequential)
    result = result.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    if for_cpu and _has_fused_convolution():
        _replace_layers(result)
        _join_ends(result)
    return result


def _fold_batch_norms(sequential: nn.Sequential) -> None:
    kept: list[nn.Module] = []
    for layer in sequential:
        before = kept[-1] if kept else None
        if isinstance(layer, nn.BatchNorm2d) and isinstance(before, nn.Conv2d):
            kept[-1] = fuse_conv_bn_eval(before, layer)
        elif isinstance(layer, nn.BatchNorm2d) and isinstance(before, nn.ConvTranspose2d):
            kept[-1] = fuse_conv_bn_eval(before, layer, transpose=True)
        else:
            kept.append(layer)
    _set_layers(sequential, kept)


def _replace_layers(module: nn.Module) -> None:
    for child in list(module.children()):
        if isinstance(child, nn.Sequential):
            _replace_in_sequence(child)
        _replace_layers(child)


def _join_ends(module: nn.Module) -> None:
    """In ``Santini2018`` the single kernel follows a doubling, whose sub-pixels need not be sorted first."""
    if not isinstance(module, Santini2018) or not _is_single_kernel(module.last):
        return
    before = list(module.decoder.modules())
    doubling = next((m for m in reversed(before) if isinstance(m, DoublingConvolutionReLU)), None)
    if doubling is not None and list(doubling.modules())[-1] is before[-1]:
        doubling.keeps_sub_pixels_apart = True
        module.add_module("last", SingleKernelOnSubPixels(module.last))


def _replace_in_sequence(sequential: nn.Sequential) -> None:
    layers, kept = list(sequential), []
    while layers:
        layer = layers.pop(0)
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d) and layers and isinstance(layers[0], nn.ReLU):
            if isinstance(layer, nn.ConvTranspose2d) and _is_doubling(layer):
                layer = DoublingConvolutionReLU(layer)
                layers.pop(0)
            elif isinstance(layer, nn.Conv2d) and _is_plain(layer):
                layer = ConvolutionReLU(layer)
                layers.pop(0)
        kept.append(layer)
    _set_layers(sequential, kept)


def _set_layers(sequential: nn.Sequential, layers: list[nn.Module]) -> None:
    for name in [name for name, _ in sequential.named_children()]:
        delattr(sequential, name)
    for index, layer in enumerate(layers):
        sequential.add_module(str(index), layer)


def _is_plain(layer: nn.Conv2d) -> bool:
    return not isinstance(layer.padding, str) and layer.padding_mode == "zeros"


def _is_single_kernel(layer: nn.Conv2d) -> bool:
    shape = (layer.out_channels, layer.kernel_size, layer.stride, layer.padding, layer.dilation, layer.groups)
    return shape == (1, (3, 3), (1, 1), (1, 1), (1, 1), 1) and layer.padding_mode == "zeros"


def _is_doubling(layer: nn.ConvTranspose2d) -> bool:
    shape = (
        layer.kernel_size,
        layer.stride,
        layer.padding,
        layer.output_padding,
        layer.dilation,
        layer.groups,
    )
    return shape == ((2, 2), (2, 2), (0, 0), (0, 0), (1, 1), 1)


def _has_fused_convolution() -> bool:
    """Whether this PyTorch has oneDNN's fused convolution and it computes what it should."""
    if not torch.backends.mkldnn.is_available():
        return False
    layer = nn.Conv2d(16, 16, kernel_size=3, stride=2, padding=1).requires_grad_(False)
    image = torch.linspace(-1, 1, 16 * 64).view(1, 16, 8, 8).contiguous(memory_format=torch.channels_last)
    try:
        return torch.allclose(ConvolutionReLU(layer)(image), torch.relu(layer(image)), atol=1e-5)
    except (AttributeError, NotImplementedError, RuntimeError, TypeError):
        return False


class ConvolutionReLU(nn.Module):
    """A convolution and the ReLU after it in one call, with weights packed for oneDNN."""

    def __init__(self, layer: nn.Conv2d) -> None:
        super().__init__()
        self.geometry = (list(layer.padding), list(layer.stride), list(layer.dilation), layer.groups)
        self.weight = layer.weight.detach()
        self.bias = None if layer.bias is None else layer.bias.detach()
        self._packed: dict[torch.Size, torch.Tensor] = {}

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        # The best packing depends on the size; another one would be repacked silently at every call.
        weight = self._packed.get(image.shape)
        if weight is None:
            weight = torch.ops.mkldnn._reorder_convolution_weight(
                self.weight, *self.geometry, list(image.shape)
            )
            if len(self._packed) >= _PACKINGS_KEPT:
                self._packed.clear()
            self._packed[image.shape] = weight
        return torch.ops.mkldnn._convolution_pointwise(
            image, weight, self.bias, *self.geometry, "relu", [], ""
        )


class DoublingConvolutionReLU(nn.Module):
    """A 2x2 transposed convolution with stride 2 and the ReLU after it."""

    def __init__(self, layer: nn.ConvTranspose2d) -> None:
        super().__init__()
        self.channels = layer.out_channels
        self.keeps_sub_pixels_apart = False
        product = nn.Conv2d(
            layer.in_channels, 4 * layer.out_channels, kernel_size=1, bias=layer.bias is not None
        )
        product.weight.data = layer.weight.detach().permute(2, 3, 1, 0).reshape(product.weight.shape)
        if product.bias is not None and layer.bias is not None:
            product.bias.data = layer.bias.detach().repeat(4)
        self.product = ConvolutionReLU(product)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        four = self.product(image)
        if self.keeps_sub_pixels_apart:
            return four
        n, _, rows, columns = four.shape
        four = four.permute(0, 2, 3, 1).reshape(n, rows, columns, 2, 2, self.channels)
        doubled = four.permute(0, 1, 3, 2, 4, 5).reshape(n, 2 * rows, 2 * columns, self.channels)
        return doubled.permute(0, 3, 1, 2)


class SingleKernelOnSubPixels(nn.Module):
    """A 3x3 convolution to one channel, (N, 1, 2 J, 2 I), of an image whose pixels stand in fours, (N, 4 C, J, I)."""

    def __init__(self, layer: nn.Conv2d) -> None:
        super().__init__()
        kernel = layer.weight.detach()[0]
        # Each four of pixels reaches 4 x 4 pixels of the result: itself and those around it.
        reach = kernel.new_zeros(4, 4, 2, 2, layer.in_channels)
        for row, column, down, right in itertools.product(range(4), range(4), range(2), range(2)):
            tap_row, tap_column = down + 2 - row, right + 2 - column
            if 0 <= tap_row < 3 and 0 <= tap_column < 3:
                reach[row, column, down, right] = kernel[:, tap_row, tap_column]
        self.reach = reach.reshape(16, -1)
        self.bias = None if layer.bias is None else layer.bias.detach()

    def forward(self, fours: torch.Tensor) -> torch.Tensor:
        n, channels, rows, columns = fours.shape
        pixels = fours.permute(0, 2, 3, 1).reshape(n, -1, channels)
        parts = torch.matmul(self.reach, pixels.transpose(1, 2)).view(n, 2, 2, 2, 2, rows, columns)
        summed = fours.new_zeros(n, 2, 2, rows + 1, columns + 1)
        for down, right in itertools.product(range(2), range(2)):
            summed[..., down : down + rows, right : right + columns] += parts[:, down, :, right]
        image = summed.permute(0, 3, 1, 4, 2).reshape(n, 1, 2 * rows + 2, 2 * columns + 2)[:, :, 1:-1, 1:-1]
        return image if self.bias is None else image.add_(self.bias)
