using System.Collections;
using System.Globalization;
using System.Management.Automation;

namespace SyncModule.Commands.Syncing;

/// <summary>
/// Lets names and peers through and nothing else: PowerShell would turn any object of a pipeline into text, and a vault's name would be
/// taken for a peer's.
/// </summary>
internal sealed class PeerNameAttribute : ArgumentTransformationAttribute
{
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData) =>
        Plain(inputData) is IEnumerable several and not string ? several.Cast<object?>().Select(NameOf).ToArray() : NameOf(inputData);

    private static string? NameOf(object? given) => Plain(given) switch
    {
        null => null,
        string name => name,
        SyncPeer peer => peer.Name,
        ValueType number => Convert.ToString(number, CultureInfo.InvariantCulture),
        // The inner exception makes the binder look for another parameter to bind to.
        var other => throw new ArgumentTransformationMetadataException($"A {other.GetType().Name} is no peer.", new PSInvalidCastException()),
    };

    private static object? Plain(object? given) => given is PSObject wrapped ? wrapped.BaseObject : given;
}
