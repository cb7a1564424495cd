import os, re
from pathlib import Path
import pytest
from tests.journeys import walking
from tests.journeys.pages import CASES, Walk, NOBODY
from tests.journeys.walking import Walker
OUT=Path("/tmp/house/portal_g"); OUT.mkdir(exist_ok=True)
VARS={"p":("en",dict(viewport={"width":390,"height":844})),"w":("en",dict(viewport={"width":1280,"height":900})),
"fa":("fa",dict(viewport={"width":390,"height":844},color_scheme="dark")),
"n":("en",dict(viewport={"width":390,"height":844},java_script_enabled=False)),
"x":("xx",dict(viewport={"width":390,"height":844}))}
WANT=re.compile(os.environ.get("W", r"wrong|case|disagree|disputing|check_dispute|evidence"))
def test_gallery(browser):
    bad=[]
    with walking.furnished() as furnished:
        for v in os.environ.get("V","p w").split():
            lang,wishes=VARS[v]; w=Walker(browser,*furnished,lang,**wishes)
            for i,case in enumerate(CASES):
                if not WANT.search(case.name) or not case.endpoint.startswith("portal") or case.endpoint=="portal.question": continue
                if v in("fa",) and case.endpoint.startswith("backoffice"): continue
                try:
                    pg=w.inspector.page
                    if v!="n":
                        for x in w.wrong_with(case, mirrored=(v=="x"), axe=v in ("p","w","x")): print("WRONG",v,case.name,x)
                    else: w.go(case)
                    if v!="x": pg.screenshot(path=OUT/f"{v}-{re.sub('[^a-z0-9]+','-',case.name.lower())[:50]}.png",full_page=True)
                except Exception as e: print("ERR",v,case.name,str(e)[:300])
            w.close()
