"""Where trueval meets other libraries; each module imports the library it is named after at its first use."""
