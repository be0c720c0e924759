import { sha256 } from '../../../attestation/crypto.ts'
import { encodeHex, encodeUtf8 } from '../../../attestation/encoding.ts'

/** Where a virtual host of this machine's network stands, and what it offers. */
export interface HostPlace {
  /** Of its machine: the host is the same one from one start to the next. */
  readonly name: string
  readonly registry: string
  readonly relay: string
  readonly engineUrl: string
  readonly model: string
  readonly region: string
  /** Enrolment token of its provider. */
  readonly token: string
  readonly platformFile: string
  readonly devicesFile: string
  /** What is BOMBYX_PAYMENT and goes with it. */
  readonly paymentEnv: Readonly<Record<string, string>>
}

/** nanoTON a million tokens. */
const PRICES = {
  BOMBYX_PRICE_PROMPT: '20000000',
  BOMBYX_PRICE_CACHED: '5000000',
  BOMBYX_PRICE_COMPLETION: '60000000',
  BOMBYX_PRICE_REASONING: '60000000'
}

/** The agent's settings. */
export function hostEnv(place: HostPlace): Readonly<Record<string, string>> {
  return {
    BOMBYX_REGISTRY: place.registry,
    BOMBYX_RELAYS: place.relay,
    BOMBYX_ENROLMENT_TOKEN: place.token,
    BOMBYX_SUBJECT: encodeHex(sha256(encodeUtf8(`virtual machine ${place.name}`))).slice(0, 32),
    BOMBYX_COLLECTOR: `virtual:${place.platformFile}`,
    BOMBYX_DEVICES: `virtual:${place.devicesFile}`,
    BOMBYX_MODEL: place.model,
    // Nothing measures weights here; the hash of this sentence cannot be taken for a manifest's.
    BOMBYX_WEIGHTS: encodeHex(sha256(encodeUtf8(`unmeasured weights of ${place.model}`))),
    ...PRICES,
    ...place.paymentEnv,
    BOMBYX_REGION: place.region,
    VLLM_URL: place.engineUrl
  }
}
