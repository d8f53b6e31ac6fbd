// The few ways in which views touch the page. Text goes in as text, never as markup; nodes that did not change are not
// touched, so that a selection, the focus and a screen reader's place survive ten updates a second.
import { kNoValue } from '../format.mjs';

export function byId(id) {
  return document.getElementById(id);
}

/** make('p', {class: 'note'}, 'text', node, ...) */
export function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export function setAttribute(node, name, value) {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

/**
 * Shows a datum: its value; a dash and "loading"; or a dash and why there is none. `note` is what to say beside a
 * value.
 */
export function showDatum(number, noteNode, datum, format, note = '') {
  setText(number, datum.kind === 'value' ? format(datum.value) : kNoValue);
  setAttribute(number, 'data-kind', datum.kind);
  if (noteNode) setText(noteNode, datum.kind === 'value' ? note : wordsFor(datum));
}

let isCutOff = false;

/** Without a connection nothing is loading. Returns whether this is new. */
export function setCutOff(value) {
  const isNew = isCutOff !== value;
  isCutOff = value;
  return isNew;
}

export function wordsFor(datum) {
  if (datum.kind === 'loading') return isCutOff ? 'no connection' : 'loading';
  return datum.why;
}

/**
 * Keeps `parent`'s children in step with `items`: one child a key, made once by `create(item)` and brought up to date
 * by `update(node, item, index)`.
 */
export function keyed(parent, items, key, create, update) {
  const held = (parent.keyedNodes ??= new Map());
  const wanted = new Set(items.map(key));
  for (const [name, node] of held) {
    if (!wanted.has(name)) {
      node.remove();
      held.delete(name);
    }
  }
  items.forEach((item, i) => {
    let node = held.get(key(item));
    if (!node) {
      node = create(item);
      held.set(key(item), node);
    }
    if (parent.children[i] !== node) parent.insertBefore(node, parent.children[i] ?? null);
    update(node, item, i);
  });
}

/** Shows `body` when there is something to show, a line of words when not. */
export class Empty {
  #line = make('p', { class: 'empty' });

  constructor(parent, body) {
    this.body = body;
    parent.append(this.#line, body);
  }

  /** Returns whether the datum has a value. */
  show(datum) {
    const isThere = datum.kind === 'value';
    this.body.hidden = !isThere;
    this.#line.hidden = isThere;
    if (!isThere) setText(this.#line, `${kNoValue} ${wordsFor(datum)}`);
    return isThere;
  }
}
