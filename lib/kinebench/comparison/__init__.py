"""Comparing movements: pose against pose, movement against movement, with scores, feedback and a reference to look at.

Everything starts from keypoint tables and knows no task: `trajectories` makes them comparable (place, size, rate),
`warping` brings them onto one time, `scoring` says how alike they are, `feedback` what differs, where and when,
`finding` where a movement occurs in a longer clip, `repeated` how alike repetitions are, `alignment` draws the
reference onto another body, `poses` compares single poses.
"""
