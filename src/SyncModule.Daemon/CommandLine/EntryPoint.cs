using System.CommandLine;
using System.Text;

namespace SyncModule.Daemon.CommandLine;

/// <summary>From arguments to exit code: parse, run, report.</summary>
internal static class EntryPoint
{
    public static async Task<int> RunAsync(string[] args)
    {
        // Names are UTF-8 whatever the locale says; a byte order mark would be a surprise in every pipe.
        using var standardError = new StreamWriter(Console.OpenStandardError(), new UTF8Encoding(false)) { AutoFlush = true };
        Console.SetError(TextWriter.Synchronized(standardError));
        using var interruption = new Interruption();
        try
        {
            // A key may begin with @: nothing is read from response files.
            var parsed = CommandTree.Build().Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null, EnablePosixBundling = false });
            bool askedForHelp = parsed.Action is HelpWithExamples;
            if (parsed.Errors.Count > 0 && !askedForHelp) throw UsageErrors.Of(parsed);
            var configuration = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
            return await interruption.RunAsync(cancellation => parsed.InvokeAsync(configuration, cancellation)).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            return ErrorReport.Write(e);
        }
    }
}
