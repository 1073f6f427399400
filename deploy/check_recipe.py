"""Check the fields, expressions and requirements of the conda recipe with rattler-build.

The package is not built, because that needs a conda channel.
"""

from __future__ import annotations

import sys
from pathlib import Path

from rattler_build import RattlerBuildError, Stage0Recipe, VariantConfig

_RECIPE = Path(__file__).parent / "conda" / "recipe.yaml"


def main() -> int:
    """Check the recipe, and return 0 if it renders to one package, else 1."""
    try:
        variants = Stage0Recipe.from_file(_RECIPE).render(VariantConfig())
    except RattlerBuildError as error:
        print(f"{_RECIPE.name}: {error}")
        return 1
    if len(variants) != 1:
        print(f"{_RECIPE.name}: renders to {len(variants)} packages, not 1")
        return 1
    recipe = variants[0].recipe
    print(f"{recipe.package.name} {recipe.package.version}: {', '.join(recipe.requirements.run)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
