// Who passes which target soon.
import { formatCount, listWords } from '../format.mjs';
import { kTargets } from '../model/census.mjs';
import { targetWords } from '../words.mjs';
import { make, setText, showDatum } from './dom.mjs';

export class Targets {
  #rows;

  constructor(parent) {
    const list = make('ul', { class: 'targets-list' });
    this.#rows = new Map(
      kTargets.map((target) => {
        const count = make('span', { class: 'count', 'data-target': target }, '–');
        const where = make('span', { class: 'note' });
        list.append(
          make('li', {}, count, make('span', {}, make('span', { class: 'what' }, targetWords(target)), where)),
        );
        return [target, { count, where }];
      }),
    );
    parent.append(list);
  }

  update({ targets }) {
    for (const { target, count, departments } of targets) {
      const row = this.#rows.get(target);
      showDatum(row.count, row.where, count, formatCount);
      row.count.toggleAttribute('data-warn', count.value > 0);
      if (count.kind !== 'value') continue;
      const one = departments.length === 1;
      setText(
        row.where,
        departments.length === 0
          ? 'nobody'
          : listWords(departments.map((d) => (one ? d.department : `${d.department} ${formatCount(d.count)}`))),
      );
    }
  }
}
