// Every message that the person sees anywhere. A reply shows the message that it answers as that is now.

export class Kept {
  #messages = new Map();

  /** Forget all, and keep these. */
  reset(messages) {
    this.#messages.clear();
    for (const message of messages) this.#messages.set(message.id, message);
    for (const message of messages) this.#refer(message.id, message);
  }

  has(id) {
    return this.#messages.has(id);
  }

  /** The messages of a channel, oldest first. */
  in(channel) {
    const found = [...this.#messages.values()].filter(({ channel_id }) => channel_id === channel);
    return found.sort((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1));
  }

  /** Keep a message; what changes by that: itself, then its replies. */
  set(message) {
    const answered = this.#messages.get(message.message_reference?.message_id);
    const current = answered ? { ...message, referenced_message: answered } : message;
    this.#messages.set(message.id, current);
    return [current, ...this.#refer(message.id, current)];
  }

  /** Forget a message; its replies change by that. */
  remove(id) {
    this.#messages.delete(id);
    return this.#refer(id, null);
  }

  #refer(id, message) {
    const replies = [...this.#messages.values()].filter((each) => each.message_reference?.message_id === id);
    const changed = replies.map((each) => ({ ...each, referenced_message: message }));
    for (const each of changed) this.#messages.set(each.id, each);
    return changed;
  }
}
