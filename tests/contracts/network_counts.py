"""Parameters, and multiply-accumulates of one picture, of every network at its own size (1000 classes, three channels; ten
classes and one channel for those of small pictures).

Counted from the published code; the papers print some of them rounded.  None: nobody has published it.
"""

COUNTS: dict[str, tuple[int, int | None]] = {
    "googlenet": (13_004_888, 1_498_376_192),
    "googlenet-2014": (13_378_280, 1_582_671_872),
    "resnet18": (11_689_512, 1_814_073_344),
    "resnet34": (21_797_672, 3_663_761_408),
    "resnet50": (25_557_032, 4_089_184_256),
    "resnet101": (44_549_160, 7_801_405_440),
    "resnet152": (60_192_808, 11_513_626_624),
    "wide-resnet50-2": (68_883_240, None),
    "wide-resnet101-2": (126_886_696, None),
    "resnext50-32x4d": (25_028_904, 4_230_479_872),
    "resnext101-32x8d": (88_791_336, 16_414_015_488),
    "resnet20": (269_434, None),  # 269 722 in colour
    "resnet56": (852_730, None),
    "vit-b-16": (86_567_656, 16_848_500_736),
    "vit-b-32": (88_224_232, None),
    "vit-l-16": (304_326_632, None),
    "vit-l-32": (306_535_400, None),
}
