import { type ChannelOptions, logVerbosity, setLogVerbosity } from '@grpc/grpc-js'

// What grpc-js would write to stderr by itself also reaches callers as errors, and those have codes.
setLogVerbosity(logVerbosity.NONE)

/** The largest message either way: a blob of 4 MiB and its envelope. */
const MAX_MESSAGE_BYTES: number = 4 * 1024 * 1024 + 4096

/** Of both sides. Channelz stays on for servers: without it grpc-js 1.14 forgets the sessions that a forced stop must cut. */
export const SHARED_OPTIONS: ChannelOptions = {
  'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
  'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 10_000
}
