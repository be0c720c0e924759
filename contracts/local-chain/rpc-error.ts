/** A refusal in the dialect of toncenter: an HTTP status and the lite server's words. */
export class RpcError extends Error {
  readonly status: number

  constructor(status: number, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'RpcError'
    this.status = status
  }
}

/** A parameter that is not what the method takes. */
export const unreadable = (what: string): RpcError => new RpcError(422, `VALIDATION: ${what}`)

export const unknownBlock = (): RpcError => new RpcError(500, 'LITE_SERVER_NOTREADY: block is not in db')

export const unknownTransaction = (): RpcError =>
  new RpcError(500, 'LITE_SERVER_UNKNOWN: cannot locate transaction in the shards')
