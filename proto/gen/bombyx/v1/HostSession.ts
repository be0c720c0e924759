// Original file: bombyx/v1/host_session.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { HostSessionAnswer as _bombyx_v1_HostSessionAnswer, HostSessionAnswer__Output as _bombyx_v1_HostSessionAnswer__Output } from '../../bombyx/v1/HostSessionAnswer.ts';
import type { HostSessionCall as _bombyx_v1_HostSessionCall, HostSessionCall__Output as _bombyx_v1_HostSessionCall__Output } from '../../bombyx/v1/HostSessionCall.ts';

/**
 * Brings clients' hellos to a host that dialled in; the handshake's side of HostLink. The relay's first message is a
 * nonce, the host's first is its identity: the same proof as in HostLink's HELLO.
 */
export interface HostSessionClient extends grpc.Client {
  Serve(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_bombyx_v1_HostSessionAnswer, _bombyx_v1_HostSessionCall__Output>;
  Serve(options?: grpc.CallOptions): grpc.ClientDuplexStream<_bombyx_v1_HostSessionAnswer, _bombyx_v1_HostSessionCall__Output>;
  serve(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_bombyx_v1_HostSessionAnswer, _bombyx_v1_HostSessionCall__Output>;
  serve(options?: grpc.CallOptions): grpc.ClientDuplexStream<_bombyx_v1_HostSessionAnswer, _bombyx_v1_HostSessionCall__Output>;
  
}

/**
 * Brings clients' hellos to a host that dialled in; the handshake's side of HostLink. The relay's first message is a
 * nonce, the host's first is its identity: the same proof as in HostLink's HELLO.
 */
export interface HostSessionHandlers extends grpc.UntypedServiceImplementation {
  Serve: grpc.handleBidiStreamingCall<_bombyx_v1_HostSessionAnswer__Output, _bombyx_v1_HostSessionCall>;
  
}

export interface HostSessionDefinition extends grpc.ServiceDefinition {
  Serve: MethodDefinition<_bombyx_v1_HostSessionAnswer, _bombyx_v1_HostSessionCall, _bombyx_v1_HostSessionAnswer__Output, _bombyx_v1_HostSessionCall__Output>
}
