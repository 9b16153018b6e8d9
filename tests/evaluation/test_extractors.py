"""Which extractors look at which images."""

from ganmatrix.evaluation.digits_cnn import DigitsCnn, Reader
from ganmatrix.evaluation.extractor import build_all
from ganmatrix.params.evaluation import DigitsCnn as DigitsCnnParams
from ganmatrix.params.evaluation import EfficientNetLite0

EXTRACTORS = [
    EfficientNetLite0(kind="efficientnet_lite0", input_size=32),
    DigitsCnnParams(kind="digits_cnn"),
]


def test_the_reader_of_digits_looks_at_digits_only() -> None:
    assert [each.name for each in build_all(EXTRACTORS, None, (3, 32, 32))] == ["efficientnet_lite0"]
    both = build_all(EXTRACTORS, Reader(DigitsCnn().eval(), 1.0), (3, 32, 32))
    assert [each.name for each in both] == ["efficientnet_lite0", "digits_cnn"]
    assert (both[1].feature_dimension, both[1].class_count) == (192, 1000)


def test_every_extractor_states_what_a_score_of_it_depends_on() -> None:
    for extractor in build_all(EXTRACTORS, Reader(DigitsCnn().eval(), 0.99), (1, 16, 16)):
        protocol = extractor.protocol
        assert protocol.keys() >= {
            "extractor",
            "weights_sha256",
            "input_size",
            "resizer",
            "feature_dimension",
            "class_count",
        }
    assert protocol["held_out_accuracy"] == 0.99
