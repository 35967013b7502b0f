namespace SyncModule;

/// <summary>What kind of trouble an error is; decides whether a retry can help and which exit code a shell returns.</summary>
public enum SyncErrorCategory
{
    /// <summary>The caller asked for something that cannot be: wrong name, wrong argument.</summary>
    Usage,

    /// <summary>A passphrase, key file, certificate or signature did not fit.</summary>
    Authentication,

    /// <summary>Stored bytes are damaged or of a format this version does not know.</summary>
    Integrity,

    /// <summary>The machine refused: full disk, permissions, a missing library.</summary>
    Resource,

    /// <summary>The peer broke the protocol.</summary>
    Protocol,

    /// <summary>The network or the peer went away; trying again may work.</summary>
    Transfer,

    /// <summary>Nothing moved for too long.</summary>
    Timeout,
}

/// <summary>
/// One kind of failure: a stable id that scripts may test, a category, and what a person types next. All of them stand in
/// <see cref="SyncErrors"/>; <c>docs/errors.md</c> is checked against that file.
/// </summary>
public sealed record SyncErrorKind(string Id, SyncErrorCategory Category, string Summary, string NextStep)
{
    /// <summary>Makes the exception for one occurrence. <paramref name="detail"/> says what happened, without secrets and without a final stop.</summary>
    public SyncException With(string detail, Exception? inner = null) => new(this, detail, inner);

    /// <summary>The same where the usual next step would not help.</summary>
    public SyncException WithStep(string detail, string nextStep, Exception? inner = null) => new(this, detail, inner, nextStep);
}

/// <summary>The one exception base of the engine: every failure a user can meet has an ErrorId and a next step.</summary>
public class SyncException : Exception
{
    internal SyncException(SyncErrorKind kind, string detail, Exception? inner, string? ownStep = null)
        : base(detail + ". " + (ownStep ?? kind.NextStep), inner) => (Kind, Detail, OwnNextStep) = (kind, detail, ownStep);

    /// <summary>The kind, from <see cref="SyncErrors"/>.</summary>
    public SyncErrorKind Kind { get; }

    /// <summary>Stable id, for example <c>VaultLocked</c>.</summary>
    public string ErrorId => Kind.Id;

    /// <summary>What happened, without the next step.</summary>
    public string Detail { get; }

    /// <summary>What to type or do next.</summary>
    public string NextStep => OwnNextStep ?? Kind.NextStep;

    /// <summary>The step of this one occurrence; null where that of its kind helps.</summary>
    public string? OwnNextStep { get; }
}
