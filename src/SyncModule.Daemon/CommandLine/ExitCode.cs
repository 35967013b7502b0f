namespace SyncModule.Daemon.CommandLine;

/// <summary>What scripts branch on. Never changed, only added to.</summary>
internal static class ExitCode
{
    public const int Ok = 0;

    /// <summary>An error; also: damage was found, some files could not be imported.</summary>
    public const int Error = 1;

    /// <summary>Done, but conflicts wait for a person.</summary>
    public const int Conflicts = 2;

    /// <summary>None of the peers was reachable.</summary>
    public const int Offline = 3;

    /// <summary>The command line cannot be understood (EX_USAGE).</summary>
    public const int Usage = 64;

    /// <summary>Ended by SIGINT or SIGTERM; nothing is lost.</summary>
    public const int Interrupted = 130;

    public static int Of(SyncErrorKind kind) =>
        kind == SyncErrors.UsageWrong || kind == SyncErrors.AddressInvalid ? Usage
        : kind == SyncErrors.PeerUnreachable ? Offline
        : kind == SyncErrors.Interrupted ? Interrupted
        : Error;
}
