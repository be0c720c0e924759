import { decodeUtf8, encodeBase64 } from '../../../attestation/encoding.ts'
import { explainResult } from '../../../attestation/explain.ts'
import { resultToJson } from '../../../attestation/result.ts'
import type { HostVerification, VerifiedReceipt } from '../client.ts'
import { ClientError } from '../errors.ts'
import type { BeaconLabel, InclusionLabel } from '../events.ts'
import { jsonAnswer, type PlainAnswer, type PlainRequest } from './plain-http.ts'

export interface LocalContext {
  readonly models: (signal: AbortSignal) => Promise<readonly string[]>
  readonly verification: (model?: string) => readonly HostVerification[]
  readonly receipt: (id: string) => VerifiedReceipt | undefined
}

/** What the client answers itself; undefined: not such a route. */
export async function answerLocally(
  { path, query }: Pick<PlainRequest, 'path' | 'query'>,
  context: LocalContext,
  signal: AbortSignal
): Promise<PlainAnswer | undefined> {
  if (path === '/v1/models') return listModels(await context.models(signal))
  const model = path.match(/^\/v1\/models\/(.+)$/)?.[1]
  if (model !== undefined) return showModel(decodeSegment(model), await context.models(signal))
  if (path === '/v1/bombyx/verification') {
    return jsonAnswer(200, {
      object: 'list',
      data: context.verification(new URLSearchParams(query).get('model') ?? undefined).map(showHost)
    })
  }
  const receipt = path.match(/^\/v1\/bombyx\/receipts\/([^/]+)$/)?.[1]
  return receipt === undefined ? undefined : showReceipt(decodeSegment(receipt), context)
}

function listModels(models: readonly string[]): PlainAnswer {
  return jsonAnswer(200, { object: 'list', data: models.map(modelObject) })
}

function showModel(model: string, models: readonly string[]): PlainAnswer {
  if (!models.includes(model)) throw new ClientError('MODEL_NOT_SERVED', `the model \`${model}\` does not exist`)
  return jsonAnswer(200, modelObject(model))
}

function modelObject(id: string): unknown {
  return { id, object: 'model', created: 0, owned_by: 'bombyx' }
}

function showHost(host: HostVerification): unknown {
  return {
    object: 'bombyx.verification',
    model: host.model,
    host_id: host.hostId,
    provider: host.provider,
    region: host.region,
    trusted: host.trusted,
    tee: host.result.tee,
    status: host.result.status,
    keyset_digest: `sha256:${host.keysetDigest}`,
    bundle_digest: `sha256:${host.bundleDigest}`,
    collateral_digest: `sha256:${host.collateralDigest}`,
    checked_at: host.checkedAt,
    not_before: host.notBefore === null ? null : showBeacon(host.notBefore),
    log: host.log === null ? null : showInclusion(host.log),
    log_refusal: host.logRefusal === null ? null : { code: host.logRefusal.code, reason: host.logRefusal.reason },
    explanation: explainResult(host.result),
    sessions: host.sessions.map(({ sessionId, notAfter }) => ({ session_id: sessionId, not_after: notAfter })),
    result: resultToJson(host.result)
  }
}

function showBeacon({ network, seqno, genUtime }: BeaconLabel): unknown {
  return { network, seqno, gen_utime: genUtime }
}

function showInclusion({ origin, leafIndex, treeSize, checkpointAt }: InclusionLabel): unknown {
  return { origin, index: Number(leafIndex), tree_size: Number(treeSize), checkpoint_at: checkpointAt }
}

function showReceipt(id: string, context: LocalContext): PlainAnswer {
  const receipt = context.receipt(id)
  if (receipt === undefined) throw new ClientError('RECEIPT_UNKNOWN', `no verified receipt \`${id}\` is kept`)
  return jsonAnswer(200, {
    object: 'bombyx.receipt',
    receipt_id: receipt.receiptId,
    request_id: receipt.requestId,
    verdict: receipt.verdict,
    keyset_digest: `sha256:${receipt.keysetDigest}`,
    verified_at: receipt.verifiedAt,
    receipt: JSON.parse(decodeUtf8(receipt.bytes)),
    receipt_b64: encodeBase64(receipt.bytes),
    usage: receipt.usage === undefined ? null : JSON.parse(decodeUtf8(receipt.usage)),
    usage_b64: receipt.usage === undefined ? null : encodeBase64(receipt.usage)
  })
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch (cause) {
    throw new ClientError('REQUEST_INVALID', 'the path is not well encoded', { cause })
  }
}
