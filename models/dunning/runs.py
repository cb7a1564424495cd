"""The run: who may have a step due, in chunks of a thousand; each decided under its accounts' locks, once."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, insert, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from models import audit, clock, company, jobs
from models.audit import Actor
from models.company import HOLDING_ACCOUNT, Company
from models.customers import lock_all_of
from models.database import session
from models.dunning import sequences, templates, writing
from models.dunning.lines import LineState, ReminderChunk, ReminderLine, ReminderRun
from models.dunning.loading import BANK_MONEY_DAYS, Whole, load
from models.errors import N_, Refused
from models.policies.dunning import Decision, Facts, decide
from models.policies.dunning.decisions import Raised
from models.policies.dunning.statements import WEEKS, week_of
from models.policies.sequences import Purpose
from models.transactions import transaction
from models.worklist import TaskKind, tasks
