"""The annotated video's colours, and what may be chosen about it."""

from kinebench.tasks.presentation import OverlayOptions as OverlayOptions

Colour = tuple[int, int, int]

# Okabe and Ito 2008, Color Universal Design; RGB.
ORANGE, SKY, GREEN, YELLOW = (230, 159, 0), (86, 180, 233), (0, 158, 115), (240, 228, 66)
VERMILLION, PURPLE = (213, 94, 0), (204, 121, 167)
WHITE, INK, MUTED = (255, 255, 255), (20, 22, 26), (178, 184, 192)

NEAR, FAR, RAW = YELLOW, SKY, PURPLE
# As in the figures on dark pages: two phases share the movement; of more, the first is rest.
PHASE_PAIR, PHASES = ((74, 168, 224), ORANGE), (MUTED, ORANGE, VERMILLION, GREEN, SKY, PURPLE)
# Beside graded skeletons orange and vermillion would be taken for the grade.
PHASES_BESIDE_GRADES = (MUTED, PHASE_PAIR[0], PURPLE, WHITE)
# Kept apart by colour-blind readers, and each with a shape and a word of its own; where nothing is graded, white.
GRADES: dict[str, tuple[Colour, str]] = {
    "good": (GREEN, "disc"),
    "doubtful": (YELLOW, "triangle"),
    "bad": (VERMILLION, "square"),
}
REFERENCE, REFERENCE_FAR, GROUND = WHITE, (140, 148, 158), (38, 42, 48)
# Viridis from a quarter to its end: slow to fast, even in lightness.
SPEEDS = ((59, 82, 139), (44, 114, 142), (33, 145, 140), (40, 174, 128), (94, 201, 98), (173, 220, 48), (253, 231, 37))
# Purple, dark to light: beside graded skeletons the hue of a trail must not speak of good and bad.
SPEEDS_BESIDE_GRADES = tuple((round(104 + 24 * k), round(52 + 25 * k), round(128 + 18 * k)) for k in range(len(SPEEDS)))
