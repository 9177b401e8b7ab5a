"""The typed view says all that the document says, in its order, and cannot be changed."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError

import pytest

from discovery.contract import VERSIONS, Contract, Method, Parameter, Property, load

every_version = pytest.mark.parametrize("version", VERSIONS)


@every_version
def test_every_method_is_as_in_the_document(version):
    contract = load(version)
    resources = json.loads(contract.document)["resources"].values()
    documented = [method for each in resources for method in each["methods"].values()]

    assert list(contract.methods) == [method["id"] for method in documented]
    assert [spelled_method(method) for method in contract.methods.values()] == documented


@every_version
def test_every_schema_is_as_in_the_document(version):
    contract = load(version)

    spelled = {
        schema.id: {
            "id": schema.id,
            "type": "object",
            "properties": spelled_properties(schema.properties),
        }
        for schema in contract.schemas.values()
    }

    assert spelled == json.loads(contract.document)["schemas"]


@every_version
def test_every_global_parameter_is_as_in_the_document(version):
    contract = load(version)
    documented = json.loads(contract.document)["parameters"]
    for parameter in documented.values():
        parameter.pop("enumDescriptions", None)

    assert spelled_parameters(contract.parameters) == documented


def test_the_addresses_are_those_of_the_document():
    contract = load()

    assert contract.root_url + contract.service_path == json.loads(contract.document)["baseUrl"]
    assert contract.base_path == "/taskqueue/v1beta2/projects/"
    assert contract.batch_path == "batch/taskqueue/v1beta2"
    assert (contract.name, contract.version, contract.revision) == (
        "taskqueue",
        "v1beta2",
        "20160428",
    )


def test_the_parameters_of_a_method_keep_the_order_of_the_document():
    lease = load().methods["taskqueue.tasks.lease"]

    assert list(lease.parameters) == [
        "groupByTag",
        "leaseSecs",
        "numTasks",
        "project",
        "tag",
        "taskqueue",
    ]
    assert lease.parameter_order == ("project", "taskqueue", "numTasks", "leaseSecs")


def test_one_version_is_one_object():
    assert load() is load("v1beta2")


def test_an_unknown_version_is_refused_by_naming_the_known_ones():
    with pytest.raises(ValueError, match=r"no version 'v1'.*v1beta1, v1beta2"):
        load("v1")


def test_a_contract_cannot_be_changed():
    contract = load()

    with pytest.raises(TypeError):
        contract.methods["new"] = None  # type: ignore[index]  # the point of the test
    with pytest.raises(FrozenInstanceError):
        contract.version = "v2"  # type: ignore[misc]  # the point of the test
    with pytest.raises(AttributeError):
        contract.methods["taskqueue.tasks.get"].scopes.append("more")  # type: ignore[attr-defined]


def test_a_document_of_our_own_may_nest_resources_and_leave_out_what_it_has_no_use_for():
    document = {
        "name": "control",
        "version": "v1",
        "revision": "1",
        "rootUrl": "http://localhost/",
        "servicePath": "control/",
        "basePath": "/control/",
        "batchPath": "batch",
        "schemas": {},
        "methods": {"reset": {"id": "control.reset", "path": "reset", "httpMethod": "POST"}},
        "resources": {
            "a": {
                "resources": {
                    "b": {
                        "methods": {
                            "get": {"id": "control.a.b.get", "path": "", "httpMethod": "GET"}
                        }
                    }
                }
            }
        },
    }

    contract = Contract.from_document(json.dumps(document).encode())

    assert list(contract.methods) == ["control.reset", "control.a.b.get"]
    assert contract.methods["control.reset"].response is None


def spelled_method(method: Method):
    spelled = {
        "id": method.id,
        "path": method.path,
        "httpMethod": method.verb,
        "description": method.description,
        "parameters": spelled_parameters(method.parameters),
        "parameterOrder": list(method.parameter_order),
        "scopes": list(method.scopes),
    }
    if method.request:
        spelled["request"] = {"$ref": method.request}
    if method.response:
        spelled["response"] = {"$ref": method.response}
    return spelled


def spelled_parameters(parameters):
    return {name: spelled_parameter(name, each) for name, each in parameters.items()}


def spelled_parameter(name: str, parameter: Parameter):
    assert parameter.name == name
    return present(
        type=parameter.type,
        format=parameter.format,
        description=parameter.description,
        default=parameter.default,
        enum=list(parameter.enum),
        required=parameter.required,
        location=parameter.location,
    )


def spelled_properties(properties):
    return {name: spelled_property(each) for name, each in properties.items()}


def spelled_property(property: Property):
    if property.ref:
        return {"$ref": property.ref}
    return present(
        type=property.type,
        format=property.format,
        description=property.description,
        default=property.default,
        items=property.items and spelled_property(property.items),
        properties=spelled_properties(property.properties),
    )


def present(**members):
    return {name: value for name, value in members.items() if value}
