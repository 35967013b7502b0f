using System.Management.Automation;

namespace SyncModule.Commands.Files;

/// <summary>
/// Makes text of a file or folder that Get-ChildItem gives, before PowerShell asks whether the parameter takes it. A parameter of its own type would be
/// a second one for whole objects, and PowerShell would try both at each of thousands. A mark behind the path tells it from text: nobody wrote it, so
/// none of its letters is a wildcard and it is relative to nothing.
/// </summary>
internal sealed class FoundFileAttribute : ArgumentTransformationAttribute
{
    private const string Mark = "\0"; // in no path of any system

    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData) =>
        (inputData is PSObject wrapped ? wrapped.BaseObject : inputData) is FileSystemInfo file ? new[] { file.FullName, Mark } : inputData;

    /// <summary>The full path of a file that was found; null for text.</summary>
    public static string? Of(string[] paths) => paths is [var path, Mark] ? path : null;
}
