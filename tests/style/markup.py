# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The dotls authors
"""XML is well-formed."""

import xml.etree.ElementTree as ElementTree

import style


def check(tree):
    for path in tree.files("*.xml", "*.policy", "*.xml.in"):
        try:
            ElementTree.fromstring(tree.text(path))
        except ElementTree.ParseError as error:
            yield f"{path}: {error}"


style.run(
    check,
    [
        ("a tag left open", {"dbus/a.xml": "<node><interface></node>"}, "dbus/a.xml"),
        ("a policy cut short", {"polkit/a.policy": "<policyconfig>"}, "polkit/a.policy"),
    ],
)
