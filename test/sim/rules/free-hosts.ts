import type { SimHost } from '../sim-host.ts'

/** The hosts of each model that have a free slot, as the relay's table keeps them. */
export class FreeHosts {
  readonly #byModel = new Map<string, SimHost[]>()

  constructor(hosts: readonly SimHost[]) {
    for (const host of hosts) this.place(host)
  }

  of(model: string): readonly SimHost[] {
    return this.#byModel.get(model) ?? []
  }

  /** Puts a host whose slots changed where it belongs. */
  place(host: SimHost): void {
    const list = this.#byModel.get(host.model) ?? []
    this.#byModel.set(host.model, list)
    if (host.free > 0 && host.position < 0) {
      host.position = list.push(host) - 1
    } else if (host.free === 0 && host.position >= 0) {
      const last = list.pop()
      if (last !== undefined && last !== host) {
        list[host.position] = last
        last.position = host.position
      }
      host.position = -1
    }
  }
}
