"""A house that keeps its records in files of its own making: random visits, the tables as it exports them, and the mapping that
somebody writes who has read docs/import.md and nothing else."""

import csv
import datetime
import io
import random
import zoneinfo

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
MILLISECOND = datetime.timedelta(milliseconds=1)
# Zones with days around which their clocks change, or once did, or will by the rules of today.
PLACES = [("America/Sao_Paulo", ["2018-11-03", "2019-02-16"]), ("Europe/London", ["2025-03-29", "2025-10-25"]),
          ("Australia/Lord_Howe", ["2025-04-05", "2025-10-04"]), ("Australia/Lord_Howe", ["2190-04-02", "2190-10-01"]),
          ("Europe/London", ["1931-04-18", "1931-10-03", "2190-03-27", "2190-10-30"]), ("America/Sao_Paulo", ["1931-10-02", "1932-03-31", "2190-01-01"])]
IDS = ["NA", "null", "007", "7", "1e5", "100000", "None", "a;b", "a,b", "p 1", "Ö-1", '"q"', "-", "0", "+1", "#N/A", "TRUE", "1.0"]
DEPARTMENTS = ["Urgência", "Ward; 2", "Ward, 3", 'The "Annex"', "NA", "ICU\nNorth"]
COLUMNS = ("person", "case", "unit", "kind", "came_day", "came_hour", "came", "room_after", "doctor_after", "gone", "door", "code", "price", "invoice", "sum", "insured",
           "settled", "billed", "insurer", "part", "note")
FORMATS = ["%d/%m/%Y %H:%M:%S", "%d.%m.%Y %I:%M:%S %p", "%Y%m%dT%H%M%S", "%B %d, %Y %H:%M:%S", "iso"]
HEADINGS = [{}, {"person": "Nº Paciente", "came_day": "Data", "came_hour": "Hora", "note": "Observação"}, {"person": "id", "case": "Fall / Nr.", "sum": "$", "gone": "Ende (lokal)"}]


class Visit:
    """One row as the house means it; times are its clock's, `None` is unknown."""

    def __init__(self, draw, number, days):
        minutes = lambda most: draw.choice([None, draw.randrange(most)])
        self.person = draw.choice(IDS)
        self.case = draw.choice([f"{number}", f"0{number}", f"F/{number}"])
        self.unit = draw.choice(DEPARTMENTS)
        self.kind = draw.choice(["E", "O", "I"])
        self.came = draw.choice(days) + datetime.timedelta(seconds=60 * draw.randrange(48 * 60))
        self.room_after, self.doctor_after = minutes(90), minutes(400)
        self.door = draw.choice(["home", "home", "home", "fled", "called off", ""])
        self.gone = self.came + datetime.timedelta(minutes=draw.randrange(-3, 600), seconds=30) if self.door in ("home", "fled") else None
        self.code, self.price = draw.choice(["x-ray", "1e5", "NA", ""]), draw.choice([0, 5, 123450, 99, -700])
        self.invoice = draw.choice(["", f"i{number}"])
        self.sum, self.insured = draw.choice([0, 10000, 123456789]), draw.choice([0, 0, 2500])
        self.insurer = draw.choice(["Caixa", "NULL", "", "-"])
        self.settled = draw.choice(["yes", "no", "no"])
        self.billed = self.came + datetime.timedelta(minutes=draw.randrange(3000), seconds=15)
        self.billed_offset = draw.choice([None, None, "+05:45", "Z", "-0300"])
        self.part = draw.choice([None, None, 4000, 123456789])  # a payment
        self.note = draw.choice(["", "said: \"go\"", "two\nlines", "a;b,c\td"])
        self.is_bad = draw.random() < 0.04


class Person:
    def __init__(self, draw, person_id, days):
        self.id, self.sex, self.city = person_id, draw.choice(["m", "w", "d"]), draw.choice(["Malmö", "", "NA", "São Paulo"])
        self.born = datetime.date(draw.choice([1901, 1928, 1931]), draw.choice([2, 10]), draw.randrange(1, 29))
        self.known_since = min(days) - datetime.timedelta(days=1, minutes=draw.randrange(600))


class House:
    def __init__(self, seed, visits):
        draw = self.random = random.Random(seed)
        self.zone_name, days = PLACES[seed % len(PLACES)]
        self.zone = zoneinfo.ZoneInfo(self.zone_name)
        days = [datetime.datetime.fromisoformat(day) for day in days]
        self.visits = [Visit(draw, number, days) for number in range(visits)]
        self.people = [Person(draw, person_id, days) for person_id in sorted({visit.person for visit in self.visits}) if draw.random() < 0.8]
        self.delimiter = draw.choice([",", ";", "\t", "|"])
        self.encoding = draw.choice(["utf-8", "utf-8-sig", "latin1", "windows-1252"])
        self.line_end = draw.choice(["\r\n", "\n", "\r"])
        self.comma = draw.choice([".", ","])
        self.thousands = {".": ",", ",": "."}[self.comma]
        self.format = draw.choice(FORMATS)
        self.in_two = draw.random() < 0.5 and self.format not in ("iso", "%Y%m%dT%H%M%S")
        self.top = draw.choice([[], [], ["Export 4711", "made by: \"hand\""]])
        self.heading = dict(zip(COLUMNS, COLUMNS)) | draw.choice(HEADINGS)

    def moment(self, clock):
        """Milliseconds since 1970 of what the house's clock shows; of a repeated time the earlier, of a skipped one by the offset before."""
        return (clock.replace(tzinfo=self.zone) - EPOCH) // MILLISECOND

    def is_odd(self, clock):
        """("skipped", "repeated"): whether the clock never shows this, or shows it twice."""
        first, second = (clock.replace(tzinfo=self.zone, fold=fold).utcoffset() for fold in (0, 1))
        return second > first, second < first

    # --- files --------------------------------------------------------------------------------------------------------

    def clock_text(self, clock, form=None):
        form = form or self.format
        return clock.isoformat(sep=self.random.choice(" T")) if form == "iso" else clock.strftime(form)

    def amount(self, cents):
        whole, rest = divmod(abs(cents), 100)
        return f"{'-' if cents < 0 else ''}{f'{whole:,}'.replace(',', self.thousands)}{self.comma}{rest:02}"

    def visit_cells(self, visit):
        text = lambda value: "" if value is None else str(value)
        day, hour = self.clock_text(visit.came), ""
        if self.in_two:
            split = self.format.rindex(" %H") if " %H" in self.format else self.format.index(" %I")
            day, hour = (visit.came.strftime(part) for part in (self.format[:split], self.format[split + 1:]))
        if visit.is_bad:
            day = "sometime"
        return {"person": visit.person, "case": visit.case, "unit": visit.unit, "kind": visit.kind, "came_day": day, "came_hour": hour, "came": day,
                "room_after": text(visit.room_after), "doctor_after": text(visit.doctor_after), "gone": self.clock_text(visit.gone) if visit.gone else "",
                "door": visit.door, "code": visit.code, "price": f"R$ {self.amount(visit.price)}", "invoice": visit.invoice, "sum": self.amount(visit.sum),
                "insured": self.amount(visit.insured), "settled": visit.settled, "billed": visit.billed.isoformat() + (visit.billed_offset or ""),
                "insurer": visit.insurer, "part": "" if visit.part is None else self.amount(visit.part), "note": visit.note}

    def file(self, header, rows):
        out = io.StringIO(newline="")
        for line in self.top:
            out.write(line + self.line_end)
        writer = csv.writer(out, delimiter=self.delimiter, lineterminator=self.line_end, quoting=csv.QUOTE_ALL if self.line_end != "\r\n" else csv.QUOTE_MINIMAL)
        writer.writerows([header, *rows])
        return out.getvalue().encode(self.encoding)

    def files(self):
        columns = [name for name in COLUMNS if name not in (("came",) if self.in_two else ("came_day", "came_hour"))]
        self.random.shuffle(columns)
        visits = [[cells[name] for name in columns] for cells in map(self.visit_cells, self.visits)]
        people = [[one.id, one.sex, one.born.strftime("%d-%m-%Y"), one.city, one.known_since.isoformat()] for one in self.people]
        return {"visits 1.csv": self.file([self.heading[name] for name in columns], visits), "people.csv": self.file(["nr", "sex", "born", "town", "since"], people)}

    # --- mapping ------------------------------------------------------------------------------------------------------

    def mapping(self):
        toml = lambda text: '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t") + '"'
        column = {name: toml(heading) for name, heading in self.heading.items()}
        came = f"template = {toml('{' + self.heading['came_day'] + '} {' + self.heading['came_hour'] + '}')}" if self.in_two else f"column = {column['came']}"
        number = f"decimal = {toml(self.comma)}, thousands = {toml(self.thousands)}"
        amount = lambda name: f"{{ column = {column[name]}, {number}, strip = [\"R$\"] }}"
        after = lambda name: f"{{ {came}, plus = {{ column = {column[name]}, unit = \"minutes\" }} }}"
        ids = {"patient_id": column["person"], "visit_id": column["case"]}
        kind = f"{{ column = {column['kind']}, map = {{ E = \"Emergency\", O = \"Outpatient\" }}, otherwise = \"Inpatient\" }}"
        billed = f"{{ column = {column['billed']}, format = [\"iso\", \"%Y-%m-%dT%H:%M:%S%z\"] }}"
        encoding = {"latin1": "latin1", "windows-1252": "windows-1252"}.get(self.encoding, "utf-8")
        text = [f"delimiter = {toml(self.delimiter)}", f'encoding = "{encoding}"', f"skip_lines = {len(self.top)}", f"time_format = {toml(self.format)}",
                f'timezone = "{self.zone_name}"', 'source = "abroad"']

        def event(event_type, files="visits*.csv", when=(), **fields):
            conditions = ", ".join(f"{{ column = {column[name]}, {word} = {toml(text)} }}" for name, word, text in when)
            text.extend(["", "[[event]]", f'type = "{event_type}"', f'files = "{files}"', *([f"when = [{conditions}]"] if when else []), "[event.fields]",
                         *(f"{name} = {value}" for name, value in fields.items())])

        event("patient.registered", "people.csv", event_time='{ column = "since", format = "iso" }', patient_id='"nr"', city='"town"',
              gender='{ column = "sex", map = { m = "M", w = "F" }, otherwise = "Other" }', birth_date='{ column = "born", format = "%d-%m-%Y" }')
        event("checkin", when=[("door", "not", "called off")], event_time=f"{{ {came} }}", **ids, department=column["unit"], visit_type=kind)
        event("visit.cancelled", when=[("door", "is", "called off")], event_time=f"{{ {came} }}", **ids, department=column["unit"], visit_type=kind)
        event("roomed", when=[("room_after", "not", "")], event_time=after("room_after"), **ids)
        event("provider.seen", when=[("doctor_after", "not", "")], event_time=after("doctor_after"), **ids)
        event("treatment", when=[("doctor_after", "not", ""), ("code", "not", "")], event_time=after("doctor_after"), **ids, treatment_code=column["code"],
              cost=amount("price"), description=column["note"])
        event("visit.completed", when=[("door", "is", "home")], event_time=column["gone"], **ids, started_at=f"{{ {came} }}", status='{ value = "Completed" }')
        event("visit.left", when=[("door", "is", "fled")], event_time=column["gone"], **ids, reason='{ value = "lwbs" }')
        event("bill", when=[("invoice", "not", "")], event_time=billed, **ids, bill_id=column["invoice"], total_amount=amount("sum"), insurance_amount=amount("insured"),
              patient_amount=f"{{ sum = [{column['sum']}, {toml('-' + self.heading['insured'])}], {number} }}",
              status=f"{{ column = {column['settled']}, map = {{ yes = \"Paid\", no = \"Pending\" }} }}", paid_at=billed,
              payer=f"{{ column = {column['insurer']}, empty = [\"NULL\", \"-\"], default = \"self\" }}")
        event("payment", when=[("part", "not", ""), ("invoice", "not", "")], event_time=billed, **ids, bill_id=column["invoice"], amount=amount("part"), paid_at=billed)
        return "\n".join(text) + "\n"
