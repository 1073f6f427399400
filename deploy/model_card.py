"""Write the card of the bundled net as a page for a model hub, deploy/hub/README.md.

The page starts with a YAML header, whose fields model hubs read. Nothing is uploaded: to publish
the weights, put the model file next to the page.
"""

from __future__ import annotations

from pathlib import Path

import yaml

from roomread.classifier import ModelFile, open_model

PAGE = Path(__file__).parent / "hub" / "README.md"
COMPARISONS = {
    "FER-2013 label": "FER-2013's label",
    "FER+ majority": "FER+ majority",
    "FER+ authors' rule": "FER+ by its authors' rule",
}
MEASURES = ("accuracy", "macro-F1", "ECE")


def figure(model: ModelFile, comparison: str, copies: str, measure: str) -> str:
    """Return a metric of the card with its interval, such as "0.845 ± 0.012"."""
    return model.card.figures[f"{comparison}, {copies}: {measure}"].split(" | ")[0]


def head(model: ModelFile) -> str:
    """Return the YAML header with the licence, task, data and metrics in the form of model hubs."""
    results = [
        {
            "task": {"type": "image-classification"},
            "dataset": {"name": f"FER-2013 PublicTest, {name}", "type": "fer2013"},
            "metrics": [
                {
                    "type": measure,
                    "value": float(figure(model, comparison, "official", measure).split()[0]),
                }
                for measure in MEASURES
            ],
        }
        for comparison, name in COMPARISONS.items()
    ]
    fields = {
        "license": model.card.licence.lower(),
        "library_name": "roomread",
        "pipeline_tag": "image-classification",
        "tags": ["facial-expression-recognition", "onnx"],
        "datasets": ["fer2013", "ferplus"],
        "model-index": [{"name": f"roomread-{model.name}", "results": results}],
    }
    text: str = yaml.safe_dump(fields, sort_keys=False, allow_unicode=True)
    return text


def page(model: ModelFile) -> str:
    """Return the whole page in Markdown."""
    card = model.card
    rows = [
        f"| {name}, {copies} | "
        + " | ".join(figure(model, comparison, copies, measure) for measure in MEASURES)
        + " |"
        for comparison, name in COMPARISONS.items()
        for copies in ("official", "no copies")
    ]
    units = ", ".join(f"{name} {unit['r']:.2f}" for name, unit in card.action_units.items())
    table = "\n".join(rows)
    return f"""---
{head(model)}---

# Roomread's net `{model.name}`

{card.notes}

- Input `faces`: grey crops of faces, uint8 [N, 1, {model.side}, {model.side}]; the preprocessing is
  in the file.
- Outputs: `logits` [N, 7] ({", ".join(card.labels)}), which learnt
  FER+'s votes; `logits_fer2013` [N, 7], which learnt FER-2013's label; `features`; `action_units`
  [N, {len(card.action_units)}] in 0..1; `pose` [N, 3], degrees.
- Divide `logits` by {card.temperature:.3f} before the softmax; under a confidence of
  {card.threshold:.2f} give no label.
- Net {card.net}, {card.precision}; trained by Roomread {card.version}, seed {card.seed},
  data {card.data}; digest {model.digest}.

```python
from roomread import analyze

print(analyze("photo.jpg"))
```

## Figures

On PublicTest, on which epoch, temperatures and threshold were chosen; ± is a 95 % interval. "No
copies" leaves out the pictures that are also in Training. PrivateTest, the robustness and the speed
are in Roomread's docs.

| compared with | {" | ".join(MEASURES)} |
|---|---|---|---|
{table}

Correlation of the action units with MediaPipe's blendshapes, which taught them: {units}.

## Limits

An expression is what a face shows, not what a person feels. Not measured by age, sex or skin. In
the European Union, inferring emotions of people at work or in education is prohibited except for
medical or safety reasons (AI Act, Article 5(1)(f)).
"""


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(open_model()), encoding="utf-8")
    print(PAGE)
