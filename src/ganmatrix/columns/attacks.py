"""How D holds up when its inputs are attacked, disturbed at random, moved as a whole, or corrupted."""

from ganmatrix.columns.measure import Measure

_APART = "Share of real and generated samples that D still tells apart"
_RANKED = "Probability that D scores a real sample above a generated one, whatever its threshold,"
_CHANCE = "50% is guessing, less is being fooled."
_CURVE = "Tables give the mean over the range of {axis}, figures the whole curve."
_LINF = "every value of a sample is moved by at most the given strength"
_L2 = "a sample is moved by at most the given strength, as the root mean square over its values"
_PUSHES = {
    "fgsm": ("FGSM", f"{_LINF}, in one step along the sign of D's gradient (FGSM)"),
    "fgsm_l2": ("FGSM in L2", f"{_L2}, in one step along D's gradient"),
    "pgd": ("PGD", f"{_LINF}, in several small steps along D's gradient (PGD, stronger than FGSM)"),
    "pgd_l2": ("PGD in L2", f"{_L2}, in several small steps along D's gradient"),
    "universal": (
        "a universal perturbation",
        f"{_LINF}, all samples of a side in the same way, which was found on others than are tested",
    ),
    "noise": (
        "noise",
        f"{_LINF}, at random (the control of FGSM, PGD and the universal perturbation: nobody aims, so "
        "that what D loses here is mere sensitivity)",
    ),
    "noise_l2": (
        "noise in L2",
        f"{_L2}, at random (the control of the attacks in L2: nobody aims, so that what D loses here is "
        "mere sensitivity)",
    ),
}
_CONTROLS = ("noise", "noise_l2")
_AIMS = {"real": ", reals to look generated", "fake": ", fakes to look real"}
_TRANSFORMS = {
    "rotation": ("turned about their centre, to the left and to the right by turns", "angles"),
    "translation": ("moved to the right, down, to the left and up by turns", "distances"),
    "scaling": ("magnified about their centre, or shrunk by factors below 1", "factors"),
}
_CORRUPTIONS = {
    "gaussian_noise": ("Gaussian noise", "noise as of little light"),
    "shot_noise": ("shot noise", "the noise of single photons, strongest where an image is light"),
    "impulse_noise": ("impulse noise", "salt and pepper: some values turn black or white"),
    "gaussian_blur": ("Gaussian blur", "blur as of a lens out of focus"),
    "zoom_blur": ("zoom blur", "the blur of a camera that moves towards its subject"),
    "brightness": ("brightness", "more light"),
    "contrast": ("low contrast", "loss of contrast"),
    "pixelate": ("pixelation", "coarser pixels"),
    "jpeg": ("JPEG", "storage as a small JPEG"),
}


def _share(title: str, explanation: str, axis: str = "") -> Measure:
    curve = f" {_CURVE.format(axis=axis)}" if axis else ""
    return Measure(f"D's {title}", "higher", explanation + curve, percent=True)


def _pushed(name: str) -> dict[str, Measure]:
    """Both sides at once, then each alone."""
    title, move = _PUSHES[name]
    aims = {"real": "", "fake": ""} if name in _CONTROLS else _AIMS
    both = f"when {move}{aims['real']}{aims['fake']}. {_CHANCE}"
    measures = {
        f"{name}_accuracy": _share(f"accuracy under {title}", f"{_APART} {both}", "strengths"),
        f"{name}_auroc": _share(f"AUROC under {title}", f"{_RANKED} {both}", "strengths"),
    }
    for side, aim in aims.items():
        alone = f"when {move}{aim}; {side}s alone, the other side is left as it is."
        measures |= {
            f"{name}_{side}_accuracy": _share(
                f"accuracy on {side}s under {title}",
                f"Share of {side}s that D still calls {side} {alone} A D that calls everything {side} has "
                "100% here.",
                "strengths",
            ),
            f"{name}_{side}_auroc": _share(
                f"AUROC with {side}s alone under {title}", f"{_RANKED} {alone} {_CHANCE}", "strengths"
            ),
        }
    return measures


def _transformed(name: str) -> dict[str, Measure]:
    move, axis = _TRANSFORMS[name]
    moved = f"when the images of both sides are {move}. {_CHANCE}"
    return {
        f"{name}_accuracy": _share(f"accuracy under {name}", f"{_APART} {moved}", axis),
        f"{name}_auroc": _share(f"AUROC under {name}", f"{_RANKED} {moved}", axis),
    }


_CORRUPTED = f"when the images of both sides suffer {{what}}. {_CHANCE}"
_ALL = _CORRUPTED.format(what="common corruptions, from noise to JPEG, of which this is the mean")

MEASURES: dict[str, Measure] = {
    "clean_accuracy": _share(
        "accuracy, unperturbed",
        "Share of held-out reals and fresh fakes, left as they are, that D tells apart. 50% is guessing.",
    ),
    "clean_auroc": _share(
        "AUROC, unperturbed",
        "Probability that D scores a held-out real above a fresh fake, both left as they are, whatever its "
        "threshold. 50% is guessing: such a D knows nothing that an attack could take away.",
    ),
    **{column: measure for name in _PUSHES for column, measure in _pushed(name).items()},
    **{column: measure for name in _TRANSFORMS for column, measure in _transformed(name).items()},
    "corruptions_accuracy": _share("accuracy under corruptions", f"{_APART} {_ALL}", "severities"),
    "corruptions_auroc": _share("AUROC under corruptions", f"{_RANKED} {_ALL}", "severities"),
    **{
        f"corruption_{kind}_auroc": _share(
            f"AUROC under {title}", f"{_RANKED} {_CORRUPTED.format(what=what)}", "severities"
        )
        for kind, (title, what) in _CORRUPTIONS.items()
    },
}
