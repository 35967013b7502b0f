using System.Net.Sockets;

namespace SyncModule.Engine.Transport;

/// <summary>What the operating system says about a connection, in the product's error kinds. Addresses appear in messages, bytes never.</summary>
internal static class TransportErrors
{
    internal static SyncException Unreachable(PeerAddress address, string why, Exception? inner = null) =>
        SyncErrors.PeerUnreachable.With($"{address}: {why}", inner);

    internal static SyncException Unreachable(PeerAddress address, SocketException e) => Unreachable(address, Describe(e.SocketErrorCode), e);

    internal static SyncException Aborted(PeerAddress remote, Exception? inner = null) =>
        SyncErrors.SessionLost.With($"The connection with {remote} was ended here", inner);

    /// <summary>Keep-alive or retransmission that goes unanswered is the kernel's "timed out"; everything else is a lost connection.</summary>
    internal static SyncException Lost(PeerAddress remote, SocketException e) => e.SocketErrorCode == SocketError.TimedOut
        ? SyncErrors.SessionTimeout.With($"{remote} stopped answering", e)
        : SyncErrors.SessionLost.With($"The connection with {remote} was lost: {Describe(e.SocketErrorCode)}", e);

    internal static string Describe(SocketError code) => code switch
    {
        SocketError.ConnectionRefused => "nothing listens there",
        SocketError.HostNotFound or SocketError.NoData => "there is no machine of that name",
        SocketError.TryAgain => "the name could not be looked up just now",
        SocketError.HostUnreachable or SocketError.NetworkUnreachable or SocketError.HostDown => "there is no way to that network",
        SocketError.TimedOut => "no answer in time",
        SocketError.ConnectionReset or SocketError.Shutdown => "it was reset by the other end",
        SocketError.ConnectionAborted or SocketError.OperationAborted or SocketError.Interrupted => "it was ended",
        SocketError.AddressAlreadyInUse => "another program listens there",
        SocketError.AddressNotAvailable => "it is no address of this machine",
        SocketError.AccessDenied => "this user may not use that port",
        _ => code.ToString(),
    };
}
