import sys, time, collections
import pytest
from hypothesis import settings, Phase
import tests.models.ledger.test_random_books as t
C=collections.Counter()
orig=t.RandomBooks.enter
def enter(self, key, kind, *a):
    r=orig(self,key,kind,*a); C[kind + ("" if r else " refused/none")]+=1; return r
t.RandomBooks.enter=enter
for n in ("allocate","allocate_oldest_first","take_back","recover","any_day_is_as_in_the_plain_books","what_was_printed_is_printed_the_same_again","the_same_is_told_again"):
    pass
def test_more(engine):
    t0=time.time()
    n=int(__import__("os").environ.get("RB_N","40"))
    s=collections.Counter()
    o=t.RandomBooks.every_amount_is_as_in_the_plain_books
    t.run(t.RandomBooks, settings=settings(t.SAME_EVERY_TIME, derandomize=False, max_examples=n, stateful_step_count=60))
    from models.database import session
    from sqlalchemy import text
    print(C, time.time()-t0)
    print(session.execute(text("select kind,count(*) from entries group by 1")).all(), session.execute(text("select count(*), count(reverses_id) from allocations")).all())
