using System.Management.Automation;

namespace SyncModule.Commands.Errors;

/// <summary>The one place where failures of the engine become PowerShell's error records.</summary>
internal static class ErrorRecords
{
    // About the vault as a whole: going on with the next name would say the same once more.
    private static readonly HashSet<SyncErrorKind> OfTheVault =
    [
        SyncErrors.VaultNotSpecified, SyncErrors.VaultUnknown, SyncErrors.VaultLocked, SyncErrors.VaultNotFound, SyncErrors.VaultDamaged, SyncErrors.VaultListDamaged,
        SyncErrors.FormatUnknown, SyncErrors.WrongPassphrase, SyncErrors.WrongKeyFile, SyncErrors.KeyFileExposed, SyncErrors.KeyFileInvalid,
        SyncErrors.NativeLibraryMissing, SyncErrors.NetworkFileSystem, SyncErrors.ModuleVersionLoaded,
    ];

    public static bool EndsTheCommand(SyncException e) => OfTheVault.Contains(e.Kind);

    /// <summary>
    /// The exception's message says what happened and what to type, because some callers show nothing else; the console shows the
    /// details with the recommendation below.
    /// </summary>
    public static ErrorRecord From(SyncException e, object? target)
    {
        string step = NextSteps.For(e), message = $"{e.Detail}. {step}";
        var exception = new SyncCommandException(e, message);
        exception.ErrorRecord = new ErrorRecord(exception, e.ErrorId, CategoryOf(e.Kind), target)
        {
            ErrorDetails = new ErrorDetails(e.Detail + ".") { RecommendedAction = step },
        };
        return exception.ErrorRecord;
    }

    private static ErrorCategory CategoryOf(SyncErrorKind kind)
    {
        if (kind == SyncErrors.ItemNotFound || kind == SyncErrors.VersionNotFound || kind == SyncErrors.VaultNotFound || kind == SyncErrors.VaultUnknown || kind == SyncErrors.FileNotFound || kind == SyncErrors.PeerUnknown || kind == SyncErrors.ScheduleNotFound) return ErrorCategory.ObjectNotFound;
        if (kind == SyncErrors.VaultExists || kind == SyncErrors.FileExists || kind == SyncErrors.VaultNameTaken || kind == SyncErrors.FolderNotEmpty || kind == SyncErrors.ScheduleExists || kind == SyncErrors.ItemExists) return ErrorCategory.ResourceExists;
        if (kind == SyncErrors.VaultReadOnly || kind == SyncErrors.NotAMember) return ErrorCategory.PermissionDenied;
        if (kind == SyncErrors.VaultBusy || kind == SyncErrors.VaultKeysChanged) return ErrorCategory.ResourceBusy;
        if (kind == SyncErrors.Interrupted) return ErrorCategory.OperationStopped;
        if (kind == SyncErrors.InternalError) return ErrorCategory.InvalidResult;
        return kind.Category switch
        {
            SyncErrorCategory.Usage => ErrorCategory.InvalidArgument,
            SyncErrorCategory.Authentication => ErrorCategory.AuthenticationError,
            SyncErrorCategory.Integrity => ErrorCategory.InvalidData,
            SyncErrorCategory.Resource => ErrorCategory.ResourceUnavailable,
            SyncErrorCategory.Protocol => ErrorCategory.ProtocolError,
            SyncErrorCategory.Transfer => ErrorCategory.ConnectionError,
            SyncErrorCategory.Timeout => ErrorCategory.OperationTimeout,
            _ => ErrorCategory.NotSpecified,
        };
    }
}

/// <summary>
/// A failure as PowerShell shows it; the engine's own is inside, with its id. It carries its record, because what a drive throws
/// passes through wrappers that keep nothing else.
/// </summary>
public sealed class SyncCommandException(SyncException inner, string message) : Exception(message, inner), IContainsErrorRecord
{
    public ErrorRecord ErrorRecord { get; internal set; } = null!;

    public string ErrorId => inner.ErrorId;
}
