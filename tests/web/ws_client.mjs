// As ws_client.py, with the library ws that the browser tests have: ws_client.mjs PORT KEY TOPIC...
import WebSocket from '../browser/node_modules/ws/wrapper.mjs';

const [port, key, ...topics] = process.argv.slice(2);
const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, ['wardpulse.v1'], {headers: {'X-API-Key': key}});
const seen = {};
const held = new Map();
const whole = new Set();
let isFollowing = false;

socket.on('open', () => socket.send(JSON.stringify({op: 'subscribe', topics})));
socket.on('message', (data) => {
  const {type, topic, epoch, seq, prev, more} = JSON.parse(data);
  const count = (what) => { seen[what] = (seen[what] ?? 0) + 1; };
  count(type);
  const before = held.get(topic);
  if (type === 'delta' && (before.epoch !== epoch || before.seq !== prev)) count('gap');
  if (type === 'snapshot' || type === 'delta') held.set(topic, {epoch, seq});
  if (type === 'snapshot' && !more) whole.add(topic);
  if (!isFollowing && whole.size === topics.length && seen.delta && seen.heartbeat) {
    isFollowing = true;
    console.log('following');
  }
});
socket.on('close', (code) => console.log(JSON.stringify({...seen, protocol: socket.protocol, closed: code})));
