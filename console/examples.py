"""An example or two for every sub-command; `--help` shows them, and a test parses each with the real parser."""

EXAMPLES: dict[str, tuple[str, ...]] = {
    "case open": (
        "rightsdesk case open --agent 0042 --controller nordlicht --right access --identifier -",
        "rightsdesk case open --agent 0042 --controller harbour --right erasure --right objection-marketing "
        "--identifier K100012 --channel mail --json",
    ),
    "case list": (
        "rightsdesk case list --agent 0042 --view mine",
        "rightsdesk case list --agent 0007 --view approval --json",
    ),
    "case show": ("rightsdesk case show C-26-000017 --agent 0042",),
    "breach list": ("rightsdesk breach list --agent 0007", "rightsdesk breach list --agent 0003 --json"),
    "breach show": ("rightsdesk breach show C-26-000018 --agent 0003",),
    "breach export": (
        "rightsdesk breach export C-26-000018 --agent 0003 --format pdf -o breach.pdf",
        "rightsdesk breach export --agent 0003 -o register.csv",
    ),
    "breach notify": (
        "rightsdesk breach notify C-26-000018 --agent 0003 --from notice.yml --show",
        "rightsdesk breach notify C-26-000018 --agent 0003 --from notice.yml --case C-26-000017",
    ),
    "log verify": ("rightsdesk log verify", "rightsdesk log verify copy/log-1.db --json"),
    "log show": ("rightsdesk log show --case C-26-000017", "rightsdesk log show 3b0bef4c/1 -n 100 --json"),
    "log prove": ("rightsdesk log prove 12 --log 3b0bef4c/1 -o proof.txt",),
    "log export": (
        "rightsdesk log export --out evidence --case C-26-000017",
        "rightsdesk log export --out evidence --log 3b0bef4c/1 --from 100 --to 180 --json",
    ),
    "log extract": (
        "rightsdesk log extract C-26-000017",
        "rightsdesk log extract C-26-000017 --language de -o extract.csv",
    ),
    "log growth": ("rightsdesk log growth 400 --log 3b0bef4c/1 -o growth.txt",),
    "log prune": ("rightsdesk log prune --before 2023-01-01", "rightsdesk log prune --before 2023-01-01 --yes --json"),
    "log keys": ("rightsdesk log keys --log 3b0bef4c/1 -o keys.json",),
    "letter list": ("rightsdesk letter list", "rightsdesk letter list --controller harbour --json"),
    "letter show": (
        "rightsdesk letter show refusal --controller harbour",
        "rightsdesk letter show erasure-outcome --language fr -o outcome.pdf",
    ),
    "letter check": ("rightsdesk letter check nordlicht", "rightsdesk letter check nordlicht --json"),
    "hold list": ("rightsdesk hold list", "rightsdesk hold list --all --json"),
    "retention marketing-ended": (
        "rightsdesk retention marketing-ended --controller nordlicht",
        "rightsdesk retention marketing-ended --controller nordlicht --purpose newsletter --yes",
    ),
    "retention plan": ("rightsdesk retention plan", "rightsdesk retention plan --by 2027-12-31 --json"),
    "clock": (
        "rightsdesk clock --received 2026-03-05 --country DE",
        "rightsdesk clock --received 2026-11-25 --country GB --subdivision ENG --extended --json",
        "rightsdesk clock --received 2026-11-27 --country GB --subdivision ENG --complaint",
        "rightsdesk clock --received 2026-06-10 --country DE --question identity:2026-06-10:2026-06-22 --accepted",
        "rightsdesk clock --breach 2026-11-20T16:20 --zone Europe/Berlin",
    ),
    "figures": (
        "rightsdesk figures",
        "rightsdesk figures --from 2026-01-01 --to 2026-12-31 --controller nordlicht --json",
    ),
    "law": ("rightsdesk law --state missing", "rightsdesk law --json"),
    "catalog check": (
        "rightsdesk catalog check controllers/nordlicht --live",
        "rightsdesk catalog check orders.yml",
    ),
    "catalog discover": (
        "rightsdesk catalog discover sqlite:///shop.db --out shop --controller muster",
        "rightsdesk catalog discover postgresql://reader@db.example.com/crm --password-from muster/crm --json",
    ),
    "catalog review": ("rightsdesk catalog review shop", "rightsdesk catalog review shop --plain"),
    "catalog secret": (
        "rightsdesk catalog secret muster/crm",
        "rightsdesk catalog secret muster/crm --remove",
    ),
    "catalog status": ("rightsdesk catalog status", "rightsdesk catalog status --json"),
    "catalog try": (
        "rightsdesk catalog try --catalog controllers/nordlicht --identity email=ada@example.com",
        "rightsdesk catalog try --catalog orders.yml --url sqlite:///orders.db --identity customer_number=K1 --erase",
    ),
    "catalog publish": (
        "rightsdesk catalog publish nordlicht --note 'orders are kept eight years'",
        "rightsdesk catalog publish nordlicht --officer 0003 --yes --json",
    ),
    "catalog versions": ("rightsdesk catalog versions", "rightsdesk catalog versions nordlicht --json"),
    "catalog diff": ("rightsdesk catalog diff nordlicht", "rightsdesk catalog diff nordlicht 1 3 --json"),
    "catalog show": ("rightsdesk catalog show nordlicht", "rightsdesk catalog show nordlicht 2 --out old"),
    "train list": ("rightsdesk train list", "rightsdesk train list --scenarios my-scenarios --json"),
    "train run": ("rightsdesk train run", "rightsdesk train run ex-partner"),
    "train play": ("rightsdesk train play --auto plain-access", "rightsdesk train play --auto ex-partner --json"),
    "train score": (
        "rightsdesk train score ex-partner",
        "rightsdesk train score ex-partner --log copy/log-1.db --json",
    ),
    "worker run": (
        "rightsdesk worker run --worker worker-1",
        "rightsdesk worker run --log-json",
        "rightsdesk worker run --metrics 127.0.0.1:9465",
    ),
    "worker pause": (
        "rightsdesk worker pause",
        "rightsdesk worker pause --controller nordlicht --reason 'the shop is moved to another server'",
    ),
    "worker resume": ("rightsdesk worker resume", "rightsdesk worker resume --controller nordlicht"),
    "worker secret": (
        "rightsdesk worker secret mail-password",
        "rightsdesk worker secret texts-secret --remove",
    ),
    "worker status": ("rightsdesk worker status --json",),
    "terminal enrol": ("rightsdesk terminal enrol desk-4 --out desk-4.invitation",),
    "terminal revoke": ("rightsdesk terminal revoke desk-4",),
    "terminal list": ("rightsdesk terminal list", "rightsdesk terminal list --json"),
    "join": ("rightsdesk join desk-4.invitation", "rightsdesk join worker-2.invitation --home /srv/rightsdesk"),
    "agent add": (
        "rightsdesk agent add 0042 --name 'Kim Weber' --role nordlicht:agent --role harbour:agent",
        "rightsdesk agent add 0007 --name 'Sam Okafor' --role nordlicht:lead --json",
    ),
    "agent reset-pin": ("rightsdesk agent reset-pin 0042",),
    "agent disable": ("rightsdesk agent disable 0042",),
    "agent enable": ("rightsdesk agent enable 0042",),
    "agent list": ("rightsdesk agent list", "rightsdesk agent list --json"),
    "central init": (
        "rightsdesk central init postgresql://postgres@db.example.com/rightsdesk --deployment desk.example.com "
        "--controllers ./centre",
    ),
    "sync": ("rightsdesk sync", "rightsdesk sync --terminal desk-4 --wait 5 --json"),
    "rotate-password": ("rightsdesk rotate-password",),
    "replay": (
        "rightsdesk replay --since 2026-03-01T02:00+01:00",
        "rightsdesk replay --since 2026-03-01T02:00+01:00 --system nordlicht/crm --yes --json",
    ),
    "suppress": (
        "rightsdesk suppress leads.csv --controller nordlicht --column email=E-Mail",
        "rightsdesk suppress leads.csv --controller nordlicht --column email=E-Mail --column phone=Telefon "
        "--delimiter ';' --purpose newsletter --out clean.csv",
    ),
    "worker enrol": ("rightsdesk worker enrol worker-2 --out worker-2.invitation",),
    "central upgrade": ("rightsdesk central upgrade",),
    "central check": ("rightsdesk central check", "rightsdesk central check --json"),
    "witness init": ("rightsdesk witness init --state witness --name witness.example",),
    "witness check": (
        "rightsdesk witness check --state witness --home desk",
        "rightsdesk witness check --state witness --central postgresql://witness@db.example/rightsdesk --new-only",
    ),
    "witness show": ("rightsdesk witness show --state witness", "rightsdesk witness show --state witness --json"),
    "central rotate-key": ("rightsdesk central rotate-key", "rightsdesk central rotate-key --days 30"),
    "central vacuum": ("rightsdesk central vacuum",),
    "central metrics": ("rightsdesk central metrics", "rightsdesk central metrics --listen 127.0.0.1:9464"),
    "demo": (
        "rightsdesk demo",
        "rightsdesk demo --cases 1000000 --reset",
        "rightsdesk demo --play --json",
        "rightsdesk demo --plain",
    ),
    "doctor": ("rightsdesk doctor", "rightsdesk doctor --json"),
}


def epilog(command: str) -> str:
    """The examples as the end of the command's help. The mark keeps typer from joining lines."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in EXAMPLES[command])
