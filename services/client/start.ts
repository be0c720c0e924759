import type { ServiceContext } from '../runtime/context.ts'
import { type Logger, silentLogger } from '../runtime/log.ts'
import { readTokens } from '../runtime/tokens.ts'
import { type BombyxClient, createClient } from './client.ts'
import type { ProxyConfig } from './config.ts'
import { startEndpoint } from './endpoint/endpoint.ts'
import type { ClientEvent, ClientEventListener } from './events.ts'
import { readEscrowFile } from './payment/escrow-file.ts'

export { BASE_URL, type BombyxClient, type ClientOptions, createClient } from './client.ts'
export { type ProxyConfig, readProxyConfig } from './config.ts'
export { ClientError } from './errors.ts'
export type { ClientEvent, ClientEventListener } from './events.ts'
export {
  type CoverStore,
  coversInFolder,
  NO_COVER,
  ownVouchers,
  type PayeeCover,
  withPaid,
  withVoucher
} from './payment/covers.ts'
export { type EscrowFile, readEscrowFile, writeEscrowFile } from './payment/escrow-file.ts'
export { vouchersFolder } from './payment/payer.ts'
export { type KeptRequest, readKeptReceipts } from './receipts/receipt-files.ts'

export interface ProxyContext extends Pick<ServiceContext, 'now' | 'logger'> {
  readonly onEvent: ClientEventListener
}

export interface ProxyService extends AsyncDisposable {
  /** Where the OpenAI API is, without `/v1`. */
  readonly url: string
  /** `host:port` of the same. */
  readonly authority: string
  readonly client: BombyxClient
}

/** The client and its local endpoint, composed. CONFIG_INVALID for an escrow file that is not right. */
export async function startProxy(config: ProxyConfig, context: Partial<ProxyContext> = {}): Promise<ProxyService> {
  const logger = context.logger ?? silentLogger
  const onEvent: ClientEventListener = (event) => {
    logEvent(event, logger)
    context.onEvent?.(event)
  }
  if (config.escrowFile !== undefined) await readEscrowFile(config.escrowFile)
  await using stack = new AsyncDisposableStack()
  const client = stack.use(createClient({ ...config, onEvent }, context.now === undefined ? {} : { now: context.now }))
  const { tokens, ...listen } = config
  const onFault = (error: unknown): void => logger.error('request failed unexpectedly', {}, error)
  const list = tokens === undefined ? {} : { tokens: await readTokens(tokens) }
  const endpoint = stack.use(await startEndpoint({ ...listen, ...list, client, onFault }))
  // What hinders it is told to the first request.
  client.catchUp().catch(() => {})
  const started = stack.move()
  return {
    url: endpoint.url,
    authority: new URL(endpoint.url).host,
    client,
    [Symbol.asyncDispose]: () => started.disposeAsync()
  }
}

/** What an operator wants to find in a log: refusals, failures, sessions. Never what was said. */
function logEvent(event: ClientEvent, logger: Logger): void {
  switch (event.kind) {
    case 'host-appraised':
      if (!event.trusted) logger.warn('host refused by policy', { keysetDigest: event.keysetDigest })
      return
    case 'host-not-logged':
      logger.warn('host refused by the log rules', { code: event.code, host: event.host.hostId })
      return
    case 'log-forked':
      logger.error('the log has signed two histories', { name: event.origin, path: event.file })
      return
    case 'host-unreadable':
      logger.warn('host without usable evidence', { code: event.code })
      return
    case 'session-opened':
      logger.info('session opened', { sessionId: event.sessionId, model: event.model })
      return
    case 'request-failed':
      logger.warn('request failed', { code: event.code })
      return
    case 'voucher-refused':
      logger.warn('no voucher signed', { host: event.host, reason: event.reason })
      return
    case 'vouchers-recovered':
      logger.warn('vouchers were not here, and are taken from the market', { name: event.payee })
      return
    case 'usage-refused':
      logger.warn('usage statement refused', { code: event.code })
      return
    case 'receipt-not-kept':
      logger.warn('receipt not kept', { reason: event.reason })
      return
    default:
  }
}
