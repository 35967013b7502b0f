namespace SyncModule.Core.Protocol;

/// <summary>
/// Something a newer or optional part of the protocol needs. A peer that does not know it ignores it, or ends the session by its name
/// when it is required.
/// </summary>
public sealed record Capability(uint Id, bool Required, string Name)
{
    /// <summary>
    /// This end takes objects that it did not ask for, ahead of the commits that will name them: what a peer imports arrives while it is
    /// being imported (docs/decisions/017). Who does not announce it gets objects only behind their commits, or on request.
    /// </summary>
    public static Capability UnaskedObjects { get; } = new(1, Required: false, "unasked objects");

    /// <summary>This end takes signed acknowledgements of devices and hands them on (format-1 §8, docs/decisions/096).</summary>
    public static Capability Acknowledgements { get; } = new(2, Required: false, "acknowledgements");
}
