// Modules that are loaded when they are needed. A browser remembers that one could not be had, and does not ask again for the
// same address.
const failures = new Map(); // address -> how often

/** `import(address)`, relative to this folder, that can be tried again after it has failed. */
export async function importAgain(address) {
  const count = failures.get(address) ?? 0;
  try {
    return await import(count === 0 ? address : `${address}?again=${count}`);
  } catch (error) {
    failures.set(address, count + 1);
    throw error;
  }
}
