using SyncModule.Engine.Cryptography;

namespace SyncModule.Daemon.Unlocking;

/// <summary>Reads an invite, which is a secret: from a file, standard input or a hidden prompt, never from an argument.</summary>
internal static class InviteSource
{
    private const int MaxLength = 16 * 1024;

    public static string Read(string? file, bool standardInput, CancellationToken cancellation)
    {
        if (file is not null) return FromFile(file);
        if (standardInput && Console.IsInputRedirected)
        {
            var reading = Task.Run(FromStandardInput, CancellationToken.None);
            reading.Wait(cancellation);
            return reading.GetAwaiter().GetResult();
        }

        if (!Prompt.IsPossible) throw SyncErrors.UsageWrong.With("No invite was given: name a file with --invite-file, or give - to read standard input");
        return new string(Prompt.Ask("Invite:", cancellation, MaxLength));
    }

    // The writer may be a command that goes on and leaves the pipe open: what is whole is enough.
    private static string FromStandardInput()
    {
        using var reader = new StreamReader(Console.OpenStandardInput());
        string text = "";
        while (reader.ReadLine() is { } line && text.Length <= MaxLength)
        {
            text += line + "\n";
            if (IsWhole(text)) break;
        }

        return text;
    }

    private static bool IsWhole(string text)
    {
        try
        {
            InviteText.Parse(text);
            return true;
        }
        catch (SyncException)
        {
            return false;
        }
    }

    private static string FromFile(string path)
    {
        try
        {
            using var reader = new StreamReader(path);
            var buffer = new char[MaxLength];
            return new string(buffer, 0, reader.ReadBlock(buffer));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw SyncErrors.FileNotFound.With($"There is no invite file {path}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw SyncErrors.FileUnreadable.With($"The invite file {path} could not be read", e);
        }
    }
}
