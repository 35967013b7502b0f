using System.Management.Automation;
using System.Runtime.ExceptionServices;

namespace SyncModule.Commands.Collections;

/// <summary>Runs a script block and takes its output object by object, while it runs: it need not fit into memory.</summary>
internal static class ScriptOutput
{
    // A pipeline is the one thing in PowerShell that streams.
    private static readonly ScriptBlock Pipeline = ScriptBlock.Create("param($Script, $Take) & $Script | & { process { $Take.Invoke($_) } }");

    /// <param name="script">Any error in it ends it, unless a command in it says otherwise: half of an output is none.</param>
    /// <param name="take">What it throws ends the script and comes out of here.</param>
    /// <exception cref="RuntimeException">That of the script.</exception>
    public static void Stream(ScriptBlock script, Action<object?> take)
    {
        ExceptionDispatchInfo? failure = null;
        Action<object?> guarded = item =>
        {
            try
            {
                take(item);
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
                throw;
            }
        };
        try
        {
            Pipeline.InvokeWithContext(functionsToDefine: null, [new("ErrorActionPreference", ActionPreference.Stop)], script, guarded);
        }
        catch (RuntimeException) when (failure is not null)
        {
            // Out of the wrappers that PowerShell puts around it.
        }

        failure?.Throw();
    }
}
