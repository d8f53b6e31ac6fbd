// Asks for a key when there is no session.
import { byId, setText } from './dom.mjs';

export class KeyForm {
  #form = byId('key-form');
  #wasTried = false;

  constructor(onKey) {
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#wasTried = true;
      const key = this.#form.elements.key.value;
      this.#form.elements.key.value = '';
      onKey(key);
    });
  }

  /** `wasTried`: a key was given, and it was not good. */
  show(wasTried) {
    const isBad = wasTried || this.#wasTried;
    setText(
      byId('key-error'),
      isBad
        ? 'This key is not valid, or may not read. Ask whoever runs Wardpulse for a key with the scope "read".'
        : '',
    );
    this.#form.hidden = false;
    byId('main').hidden = true;
    this.#form.elements.key.focus();
  }

  hide() {
    this.#form.hidden = true;
    byId('main').hidden = false;
    this.#wasTried = false;
  }
}
