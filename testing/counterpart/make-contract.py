"""Makes contract.json from the provider's published specification.

    python3 make-contract.py SPEC.yaml > contract.json

It keeps what a caller of the API must respect (methods, paths, security,
parameters, whether there must be a body) and, for operations that read and for
those that administer keys and spending, the schema of the answer with the
components it needs; for the latter also that of the body. It keeps no prose and no
examples. It is not run by the build: the file is committed.
"""

import json
import re
import sys

import yaml

METHODS = ("get", "post", "put", "patch", "delete")
PROSE = {"description", "title", "example", "examples", "deprecated", "externalDocs"}
BOUNDS = {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}
# Under these, keys are names of the provider's and not words of the schema.
NAMED = {"properties", "patternProperties", "$defs", "mapping"}


def slim(node, named=False):
    """A schema without what only people read."""
    if isinstance(node, list):
        return [slim(item) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {}
    for key, value in node.items():
        if named:
            kept[key] = slim(value)
        elif key in PROSE or key.startswith("x-"):
            continue
        elif key in ("default", "const", "enum", "required"):
            kept[key] = value
        elif key in BOUNDS:
            # YAML 1.1 takes 1e+09 for a text.
            kept[key] = float(value) if isinstance(value, str) else value
        else:
            kept[key] = slim(value, key in NAMED)
    return kept


def references(node):
    """The names of the components a schema refers to directly."""
    text = json.dumps(node, default=str)
    return set(re.findall(r'"#/components/schemas/([^"]+)"', text))


def parameter(given):
    """One parameter; one with `content` carries JSON text."""
    kept = {"name": given["name"], "in": given["in"]}
    if given.get("required"):
        kept["required"] = True
    if "content" in given:
        kept["json"] = True
        kept["schema"] = {"type": "string"}
    else:
        kept["schema"] = slim(given["schema"])
    return kept


def answer(operation):
    """The schema of a successful answer in JSON, if that is what comes."""
    content = operation["responses"].get("200", {}).get("content", {})
    if "application/json" in content:
        return slim(content["application/json"].get("schema", {}))
    return None


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        spec = yaml.load(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    everywhere = spec.get("security", [])
    operations = []
    for path, methods in spec["paths"].items():
        for method, operation in methods.items():
            if method not in METHODS:
                raise SystemExit(f"{path}: do not know {method}")
            security = operation.get("security", everywhere)
            kept = {
                "method": method.upper(),
                "path": path,
                "security": [name for entry in security for name in entry],
            }
            parameters = [parameter(given) for given in operation.get("parameters", [])]
            if parameters:
                kept["parameters"] = parameters
            if operation.get("requestBody", {}).get("required"):
                kept["body"] = True
            administers = path.startswith("/v1/admin/api-keys") or path == "/v1/admin/spend-limit"
            if administers and "requestBody" in operation:
                content = operation["requestBody"]["content"]
                kept["accepts"] = slim(content["application/json"]["schema"])
            if method == "get" or administers or path.endswith("/search"):
                schema = answer(operation)
                if schema is not None:
                    kept["answer"] = schema
            operations.append(kept)
    components, found = {}, spec["components"]["schemas"]
    wanted = references(operations)
    while wanted:
        name = wanted.pop()
        if name not in components:
            components[name] = slim(found[name])
            wanted |= references(components[name]) - components.keys()
    contract = {
        "title": spec["info"]["title"],
        "version": spec["info"]["version"],
        "security": slim(spec["components"]["securitySchemes"]),
        "operations": operations,
        "components": {"schemas": dict(sorted(components.items()))},
    }
    json.dump(contract, sys.stdout, separators=(",", ":"), default=str, ensure_ascii=False)
    print()


main()
