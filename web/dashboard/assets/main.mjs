// Starts the application; see app.mjs.
import { App } from './app.mjs';
import { takeKeyFromAddress } from './session.mjs';

new App(takeKeyFromAddress());
