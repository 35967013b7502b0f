namespace SyncModule.HelpBuilder;

/// <summary>A page that has not the form of a help page.</summary>
public sealed class PageException(string file, string message) : Exception(message)
{
    public string File { get; } = file;
}
