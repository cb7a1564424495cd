"""Why a gate is missed where one is: found by profiling, and to be found again when a figure moves."""

NEAR_EMPTY = ""
STAFF_FRAME = ""
STATEMENT = ""
IMPORT = ""
COLD_START = ""
