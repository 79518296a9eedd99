import type { Delivery, Group, Order, Outcome, Sent, Which } from './types.ts';

export interface Verdict {
  do: Outcome;
  ms: number;
  code: number;
}

/** What the server does with messages, and its record of them. */
export class PostOffice {
  readonly deliveries: Delivery[] = [];
  readonly repeats: Delivery[] = [];
  readonly arrivals: Sent[] = [];
  #orders: { order: Exclude<Order, string>; concerns: (message: Sent, number: number) => boolean }[] = [];

  order(order: Order, which: Which | undefined): void {
    const before = this.arrivals.length;
    this.#orders.push({
      order: typeof order === 'string' ? { do: order } : order,
      concerns: (message, number) => {
        if (typeof which === 'number') return number - before === which;
        if (typeof which === 'string') return message.group === which;
        return which?.(message) ?? true;
      },
    });
  }

  clearOrders(): void {
    this.#orders = [];
  }

  /** What becomes of a message that arrives; the first order that concerns it counts. */
  judge(message: Sent, groups: readonly Group[]): Verdict {
    this.arrivals.push(message);
    const found = this.#orders.find(({ concerns }) => concerns(message, this.arrivals.length));
    const order = found?.order ?? { do: refusal(message, groups) ?? 'accept' };
    return { ms: 0, code: 400, ...order };
  }

  /** A repeat of chat, id and sender is dropped, as a receiver does. */
  record(message: Sent): void {
    const { id, group, sender, text } = message;
    const known = this.deliveries.some(
      (other) => other.id === id && other.group === group && other.sender === sender,
    );
    (known ? this.repeats : this.deliveries).push({ id, group, sender, text, at: new Date() });
  }
}

function refusal({ group: id }: Sent, groups: readonly Group[]): 'refuse' | undefined {
  if (!id.endsWith('@g.us')) return undefined;
  const group = groups.find((candidate) => candidate.id === id);
  const open =
    group?.member &&
    (!group.announce || group.admin) &&
    !group.suspended &&
    !group.terminated &&
    !group.community;
  return open ? undefined : 'refuse';
}
