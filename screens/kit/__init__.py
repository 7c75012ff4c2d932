"""What every screen is made of. May import services.types and services.errors, nothing else of the house.

A new screen: one .py and one .tcss in screens/, one line in console/routes.py (`"case": "screens.case:CaseScreen"`).

    @dataclass
    class CaseRead(Message):                      # a reply, beside its screen
        case: CaseView

    class CaseScreen(KitScreen):
        CSS_PATH = "case.tcss"
        BINDINGS = keys.bindings("case")          # ids, keys and words stand in kit/keys.py; add an action there

        def __init__(self, case: str) -> None: ...                  # arguments of host.show("case", case)
        def body(self) -> ComposeResult: yield Crumbs(); yield ...  # what stands between the bars
        def on_mount(self) -> None: self.recall()
        def recall(self) -> None:                 # load: a desk call in a thread, its answer a message
            session = self.host.session
            self.run(self.desk.case.read, session, self.case, reply=CaseRead, serial="case", stage="reading the case")
        @on(CaseRead)
        def _read(self, message: CaseRead) -> None: ...             # the only place that changes widgets
        def forget(self) -> None: ...             # lock: drop what was loaded, blank the widgets
        def why_not(self, action: str) -> str: return self.view.key(action).reason   # greys the key and answers it
        def action_export(self) -> None: ...      # the method makes the key live; none, no key

After what changes `why_not`, call `self.refresh_bindings()`. Writes pass `write=True`: they outlive the screen.
Failures arrive as JobFailed and flash by themselves. `self.flash("taken", "good")`, `self.host.show("erase", case)`,
`self.host.with_pin(then)` (step-up), `self.host.perform("next_case")`. Decisions: dialog.py, widgets/confirm.py.
All data goes through kit/text.py (`shown`, `say`, `fit`): never a str of data into Static, Label or notify.
"""
