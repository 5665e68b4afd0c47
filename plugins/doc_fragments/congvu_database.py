"""What all modules that open the directory's database document alike."""


class ModuleDocFragment:
    """Named by `extends_documentation_fragment`; the argument spec is `DATABASE` in plugins/module_utils."""

    DOCUMENTATION = r"""
options:
  database:
    description: Where the directory's database is.
    type: dict
    default: {}
    suboptions:
      host:
        description: Directory of its Unix socket, or a host.
        type: str
        default: /run/postgresql
      name:
        description: Name of the database.
        type: str
        default: congvu
requirements: [congvu (installed by the role package)]
"""
