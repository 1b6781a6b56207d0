import torch

from training.augmentation import disturb_slices, hide_parts, move_slices, move_volume


def test_image_and_masks_move_together() -> None:
    generator = torch.Generator().manual_seed(1)
    mask = torch.zeros(6, 1, 64, 64)
    mask[:, :, 20:44, 24:50] = 1
    images = torch.cat([mask, mask], 1)
    moved, moved_mask = move_slices(images, mask, generator)
    assert not torch.equal(moved_mask, mask)
    for image in moved.split(1, 1):
        assert ((image > 0.5) == (moved_mask > 0.5)).float().mean() > 0.99


def test_volume_and_masks_move_together() -> None:
    generator = torch.Generator().manual_seed(2)
    mask = torch.zeros(1, 1, 32, 48, 48)
    mask[..., 10:24, 12:36, 12:36] = 1
    image, labels = move_volume(mask.clone(), mask, (16, 32, 32), generator)
    assert image.shape == labels.shape == (1, 1, 16, 32, 32)
    assert ((image > 0.5) == (labels > 0.5)).float().mean() > 0.98


def test_what_is_hidden_is_air_and_unlabelled() -> None:
    generator = torch.Generator().manual_seed(3)
    image, labels = torch.zeros(1, 1, 16, 32, 32), torch.ones(1, 3, 16, 32, 32)
    for _ in range(10):
        seen, named = hide_parts(image, labels, generator)
        assert ((seen < -1) == (named[:, :1] == 0)).all()


def test_the_same_seed_disturbs_alike() -> None:
    native = torch.zeros(2, 1, 32, 32)
    first, second = (disturb_slices(native, torch.Generator().manual_seed(4)) for _ in range(2))
    assert torch.equal(first, second) and first.std() > 0
