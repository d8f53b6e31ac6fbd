// Finance: what was billed, who pays, and what is still open.
import { formatCount, formatMoney, formatMoneyShort, formatRatio } from '../format.mjs';
import { financeModel, kTopics } from '../model/finance.mjs';
import { instantsOf, monthName } from '../model/span.mjs';
import { columnsPlot } from '../plots.mjs';
import { ChartPanel, TablePanel } from '../views/panel.mjs';
import { addTiles } from '../views/section.mjs';

const money = (title, of) => ({ title, of, format: formatMoney });
const count = (title, of) => ({ title, of, format: formatCount });
const rate = (title, of) => ({ title, of, format: formatRatio });
const tile = (id, title, note, define, rest = {}) => ({ id, title, define, of: ({ tiles }) => tiles[id], note: () => note, ...rest });
const kMoney = { format: formatMoneyShort };

const kTiles = [
  tile('billed_cents', 'Billed', 'totals of all bills', 'Totals of bills, each on the local day of its earliest record.', kMoney),
  tile('insurance_cents', 'Insurance', "insurance's share of it", "Insurance's share of the bills.", kMoney),
  tile('patient_cents', 'Patients', "patients' share of it", "Patients' share of the bills.", kMoney),
  tile('paid_cents', 'Received', 'payments of these days', 'Payments, each on its own local day, whatever day the bill is from.', kMoney),
  tile('paid_bills', 'Bills paid', 'of the bills of these days', 'Bills with a record of status Paid, or with payments that reach their total; on the day of the bill.'),
  tile('pending_bills', 'Bills pending', 'not paid yet', 'Bills that are not paid, on the day of the bill.'),
  tile('payment_rate', 'Payment rate', 'paid out of all bills', 'Paid bills / (paid + pending bills).', { format: formatRatio }),
  tile('largest_payer', 'Largest payer', '', "One payer's share of all that is billed: how much hangs on it.", {
    format: formatRatio,
    note: ({ name }) => `of what is billed: ${name}`,
  }),
];

function columns(names, series, format, extra = {}) {
  return (tokens) => columnsPlot({ names, series, format, ...extra }, tokens);
}

export default class FinancePage {
  static topics = kTopics;
  #tiles;
  #panels;

  constructor(root, { explain }) {
    this.#tiles = addTiles(root, 'finance', 'Money of the range', kTiles, explain);
    this.#panels = {
      trend: new ChartPanel(root, kTrend),
      months: new ChartPanel(root, kMonths),
      claims: new ChartPanel(root, kClaims),
      payers: new TablePanel(root, kPayers),
      treatments: new TablePanel(root, kTreatments),
      departments: new TablePanel(root, kDepartments),
      organizations: new TablePanel(root, kOrganizations),
    };
  }

  queries({ span, zone }) {
    if (!span) return {};
    const { from, to } = instantsOf(span, zone);
    return { money: `/api/v1/cells?family=finance&window=1d&limit=10000&from=${from}&to=${to}` };
  }

  update(context) {
    const model = { ...financeModel(context) };
    this.#tiles.update(model);
    for (const [name, panel] of Object.entries(this.#panels)) panel.update(name === 'claims' ? model.payers : model[name]);
  }
}

const kTrend = {
  id: 'finance-trend',
  title: 'Billed and received by day',
  about: 'in whole units of the currency',
  span: 7,
  columns: [{ title: 'Day', of: ({ date }) => date }, money('Billed', (row) => row.billed), money('Received', (row) => row.paid)],
  label: ({ rows }) => `Billed and received on ${rows.length} days`,
  option: ({ rows }, tokens) =>
    columns(
      rows.map(({ name }) => name),
      [
        { name: 'billed', values: rows.map((row) => row.billed) },
        { name: 'received', values: rows.map((row) => row.paid), kind: 'line' },
      ],
      formatMoneyShort,
    )(tokens),
};
const kMonths = {
  id: 'finance-months',
  title: 'Payment rate by month',
  about: 'paid out of all bills of the month, in the range',
  span: 5,
  columns: [
    { title: 'Month', of: ({ month }) => month, format: monthName },
    count('Paid', (row) => row.paid_bills),
    count('Pending', (row) => row.pending_bills),
    rate('Rate', (row) => row.payment_rate),
  ],
  label: ({ rows }) => `Payment rate by month: ${rows.map((row) => `${row.name} ${formatRatio(row.payment_rate)}`).join(', ')}`,
  option: ({ rows }, tokens) =>
    columns(
      rows.map(({ name }) => name),
      [{ name: 'payment rate', values: rows.map((row) => row.payment_rate) }],
      formatRatio,
      { max: 1 },
    )(tokens),
};
const kTreatments = {
  id: 'finance-treatments',
  title: 'Top 10 treatments',
  about: 'by their cost, all departments',
  span: 5,
  columns: [
    { title: 'Treatment', of: ({ name }) => name },
    { ...money('Cost', (row) => row.value), format: formatMoneyShort, bar: (row) => row.ofLargest },
    rate('Share', (row) => row.share),
  ],
};
const kPayers = {
  id: 'finance-payers',
  title: 'Payers',
  about: 'coverage: what they cover of what they are asked for; all departments',
  span: 7,
  columns: [
    { title: 'Payer', of: ({ name }) => name },
    { ...money('Billed', (row) => row.billed), format: formatMoneyShort },
    rate('Share', (row) => row.share),
    count('Claims', (row) => row.claims),
    { ...money('Claimed', (row) => row.claimed), format: formatMoneyShort },
    { ...rate('Coverage', (row) => row.coverage), bar: (row) => row.coverage },
  ],
};
const kClaims = {
  id: 'finance-claims',
  title: 'Claims against payments',
  about: 'by payer, in whole units of the currency',
  span: 5,
  columns: [
    { title: 'Payer', of: ({ name }) => name },
    money('Claimed', (row) => row.claimed),
    money('Covered', (row) => row.covered),
    money('Received', (row) => row.paid),
  ],
  label: ({ rows }) => `Claimed, covered and received of ${rows.length} payers`,
  option: ({ rows }, tokens) =>
    columns(
      rows.map(({ name }) => name),
      [
        { name: 'claimed', values: rows.map((row) => row.claimed) },
        { name: 'covered', values: rows.map((row) => row.covered) },
        { name: 'received', values: rows.map((row) => row.paid) },
      ],
      formatMoneyShort,
      { isNamed: true },
    )(tokens),
};
const kDepartments = {
  id: 'finance-departments',
  title: 'Departments',
  about: 'bills of the range',
  span: 7,
  columns: [
    { title: 'Department', of: ({ name }) => name },
    { ...money('Billed', (row) => row.billed), format: formatMoneyShort },
    { ...money('Insurance', (row) => row.insurance), format: formatMoneyShort },
    { ...money('Patients', (row) => row.patient), format: formatMoneyShort },
    count('Paid', (row) => row.paid_bills),
    count('Pending', (row) => row.pending_bills),
    rate('Payment rate', (row) => row.payment_rate),
  ],
};
const kOrganizations = {
  id: 'finance-organizations',
  title: 'Organizations by month',
  about: 'whole months',
  span: 12,
  columns: [
    { title: 'Organization', of: ({ facility }) => facility },
    { title: 'Month', of: ({ month }) => month, format: monthName },
    count('Visits', (row) => row.encounters),
    count('Claims', (row) => row.claims),
    money('Claimed', (row) => row.claimed_cents),
    money('Covered', (row) => row.covered_cents),
    rate('Coverage', (row) => (row.claimed_cents > 0 ? row.covered_cents / row.claimed_cents : null)),
  ],
};
